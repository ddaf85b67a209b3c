/** The beacon interval is how often an idle connection is told that all is well. */

import type { Millis } from "@neverstale/base";

/** Replicas are told whole milliseconds, and a day is the most: beyond 24 days a timer would not wait at all. */
export function beaconInterval(ms: Millis): Millis {
  if (Number.isInteger(ms) && ms >= 1 && ms <= LONGEST_MS) return ms;
  throw new RangeError(`beaconMs is ${ms}: give whole milliseconds, from 1 to ${LONGEST_MS} (a day)`);
}

const LONGEST_MS = 24 * 60 * 60_000;
