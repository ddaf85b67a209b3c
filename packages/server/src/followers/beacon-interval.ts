import type { Millis } from "@neverstale/base";

const LONGEST_MS = 24 * 60 * 60_000;

/** Replicas are told it in whole milliseconds, and no timer waits longer than 24 days: beyond that it would not wait at all. */
export function beaconInterval(ms: Millis): Millis {
  if (Number.isInteger(ms) && ms >= 1 && ms <= LONGEST_MS) return ms;
  throw new RangeError(`beaconMs is ${ms}: give whole milliseconds, from 1 to ${LONGEST_MS} (a day)`);
}
