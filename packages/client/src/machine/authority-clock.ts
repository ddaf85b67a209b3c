/** The authority's clock is known here by what its `sync` messages say of it (rule R7). */

import type { Millis } from "@neverstale/base";
import { CLOCK_JUMP_MS } from "./clock.ts";

export interface AuthorityClock {
  /** Each of the newest samples says how far the authority's wall clock was ahead of the monotonic clock here. The oldest comes first. */
  readonly aheads: readonly number[];
  /** The newest sample came at this moment. */
  readonly heard: Moment;
  /** The samples came on this connection. */
  readonly socket: number;
}

/** It is one moment, read on the machine's monotonic clock, and as the time that passes by either of its clocks. */
export interface Moment {
  readonly monotonic: Millis;
  readonly now: Millis;
}

/** `at` is what the authority's clock said when it sent what has come now. A sample that was late tells an earlier time. */
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
 * Returns the authority's wall time. As long as the connection stands, it goes on by the monotonic clock, so that a wall clock that
 * is set here moves nothing. Without a connection it goes on with the time that passes by either clock, so that a sleep is
 * not left out.
 */
export function authorityTime({ aheads, heard }: AuthorityClock, { monotonic, now }: Moment, stands: boolean): number {
  const uncounted = stands ? 0 : now - heard.now - (monotonic - heard.monotonic);
  return Math.max(...aheads) + monotonic + uncounted;
}

/** So many samples are compared. That one of them was late is of no account when another was not. */
const SAMPLES = 8;
/** When two samples in a row are lower by more than this, it was not the line: the authority's clock was set back. */
const SET_BACK_MS = 2 * CLOCK_JUMP_MS;
