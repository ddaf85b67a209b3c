/** The server notes by how much the clock of a host differs from its own, as the time in the agent's reports tells. */

import { type ClockOffset, MOST_CLOCK_OFFSET_MS } from "@neverstale/fleet-domain";
import type { Work } from "../fleet/work.ts";

/**
 * A report may be under way for 10 s, for which the agent waits, so a smaller difference says nothing about the clock. One that was told of
 * is over below half of that.
 */
const CLOCK_OFF_MS = 10_000;
const CLOSE_AGAIN_MS = CLOCK_OFF_MS / 2;
/** It is noted again at most so often, whatever the agent says. */
const NOTED_EVERY_MS = 60_000;

/** It alters the record only where the clock has moved much, so that a host whose clock goes well costs nothing. */
export function noteClockOffset(work: Work, hostId: string, sentAt: string | undefined): void {
  const host = work.fleet.hosts.get(hostId);
  if (host === undefined || sentAt === undefined) return;
  const clockOffset = nextClockOffset(host.clockOffset, sentAt, work.at);
  if (clockOffset !== undefined) work.change("host_updated", hostId, { clockOffset });
}

/** Undefined means that what is noted stays. Null means that the clock is close. */
export function nextClockOffset(
  before: ClockOffset | undefined,
  sentAt: string,
  now: { readonly ms: number; readonly iso: string },
): ClockOffset | null | undefined {
  const found = Date.parse(sentAt) - now.ms;
  if (Number.isNaN(found)) return undefined;
  const ms = 1_000 * Math.round(Math.max(-MOST_CLOCK_OFFSET_MS, Math.min(MOST_CLOCK_OFFSET_MS, found)) / 1_000);
  if (before === undefined) return Math.abs(ms) < CLOCK_OFF_MS ? undefined : { ms, measuredAt: now.iso };
  const ageMs = now.ms - Date.parse(before.measuredAt);
  if (ageMs >= 0 && ageMs < NOTED_EVERY_MS) return undefined; // Below 0 the server's own clock was put back.
  if (Math.abs(ms) < CLOSE_AGAIN_MS) return null;
  const isMoved = Math.abs(ms - before.ms) > Math.max(CLOSE_AGAIN_MS, Math.abs(before.ms) / 10);
  return isMoved ? { ms, measuredAt: now.iso } : undefined;
}
