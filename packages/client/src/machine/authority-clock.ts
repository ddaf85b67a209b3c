import type { Millis } from "@neverstale/base";
import { CLOCK_JUMP_MS } from "./clock.ts";

/** So many samples are compared: what one of them was late is of no account when another was not. */
const SAMPLES = 8;
/** Two samples in a row that are lower by more than this: it was not the line, the authority's clock was set back. */
const SET_BACK_MS = 2 * CLOCK_JUMP_MS;

/** Two readings of one moment: of the machine's monotonic clock, and of the time that passes by either of its clocks. */
export interface Moment {
  readonly monotonic: Millis;
  readonly now: Millis;
}

/** What the authority's wall clock says, as far as its `sync`s have told (rule R7). */
export interface AuthorityClock {
  /** How far it was ahead of the monotonic clock here by each of the newest samples, oldest first. */
  readonly aheads: readonly number[];
  /** When the newest came. */
  readonly heard: Moment;
  /** The connection it came on. */
  readonly socket: number;
}

/** A sample: `at` is what the authority's clock said when it sent what has come now. What was late tells an earlier time. */
export function hearAuthorityClock(
  clock: AuthorityClock | null,
  at: number,
  heard: Moment,
  socket: number,
): AuthorityClock {
  const ahead = at - heard.monotonic;
  const before = clock?.socket === socket ? clock.aheads : [];
  const aheads = [...before, ahead].slice(-SAMPLES);
  const newest = aheads.slice(-2);
  const wasSetBack = Math.max(...newest) < Math.max(...aheads) - SET_BACK_MS;
  return { aheads: wasSetBack ? newest : aheads, heard, socket };
}

/**
 * The authority's wall time. As long as the connection stands it goes on by the monotonic clock, so that a wall clock that is set
 * here moves nothing; without one it goes on with the time that passes by either clock, so that a sleep is not left out.
 */
export function authorityTime({ aheads, heard }: AuthorityClock, { monotonic, now }: Moment, stands: boolean): number {
  const uncounted = stands ? 0 : now - heard.now - (monotonic - heard.monotonic);
  return Math.max(...aheads) + monotonic + uncounted;
}
