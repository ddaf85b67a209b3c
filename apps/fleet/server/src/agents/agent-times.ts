/** Times that an agent tells are moved to where they can be, and its clock is marked when it is wrong. */

import { noteWithin } from "../fleet/note.ts";
import type { Work } from "../fleet/work.ts";

/**
 * It puts a time right that an agent told. Nothing happens before `earliest`, and nothing that is told has happened later than
 * now.
 */
export function toldTime(work: Work, given: string, earliest: string): Told {
  const givenMs = Date.parse(given);
  const ms = Math.min(work.at.ms, Math.max(Date.parse(earliest), givenMs));
  if (Number.isNaN(ms)) return { iso: work.at.iso, movedMs: 0, isOff: true };
  const movedMs = ms - givenMs;
  return { iso: new Date(ms).toISOString(), movedMs, isOff: Math.abs(movedMs) > SKEW_MS };
}

export interface Told {
  /** It is ISO 8601, and lies between the two bounds. */
  readonly iso: string;
  /** It was moved by so much to lie there. */
  readonly movedMs: number;
  /** It was further outside of the bounds than the clock of a machine that looks after it. */
  readonly isOff: boolean;
}

/** An agent's clock may be off by so much before that is said. */
export const SKEW_MS = 60_000;

/** It moves the time by `movedMs` first, together with another time that was told with it. */
export function movedTime(work: Work, given: string, movedMs: number, earliest: string): string {
  const ms = Date.parse(given) + movedMs;
  const isTime = Math.abs(ms) < 8.64e15;
  return toldTime(work, isTime ? new Date(ms).toISOString() : given, earliest).iso;
}

/** It shows at the host whether its clock can be believed. */
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
