import { noteWithin } from "./events.ts";
import type { Work } from "./work.ts";

/** How far an agent's clock may be off before that is said. */
export const SKEW_MS = 60_000;

export interface Told {
  /** ISO 8601, between the two bounds. */
  readonly iso: string;
  /** It was further outside of them than clocks of machines that look after theirs. */
  readonly isOff: boolean;
}

/** A time that an agent told. Nothing happens before `earliest`, and nothing that is told has happened later than now. */
export function toldTime(work: Work, given: string, earliest: string): Told {
  const [ms, earliestMs] = [Date.parse(given), Date.parse(earliest)];
  if (Number.isNaN(ms)) return { iso: work.at.iso, isOff: true };
  const within = Math.min(work.at.ms, Math.max(earliestMs, ms));
  return { iso: new Date(within).toISOString(), isOff: Math.abs(ms - within) > SKEW_MS };
}

/** Shows at the host whether its clock can be believed. */
export function markClock(work: Work, hostId: string, isOff: boolean): void {
  const host = work.fleet.hosts.get(hostId);
  if (host === undefined || (host.clockSkewed === true) === isOff) return;
  work.change("host_updated", hostId, { clockSkewed: isOff ? true : null });
  noteWithin(work, {
    category: "system",
    level: isOff ? "warn" : "info",
    actor: "server",
    host: hostId,
    action: isOff ? "clock_skewed" : "clock_right",
    message: isOff
      ? `the clock of ${hostId} is wrong: times that it told were put right; set its clock`
      : `the clock of ${hostId} is right again`,
  });
}
