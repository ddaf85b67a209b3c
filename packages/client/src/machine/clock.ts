/** Two clocks are read as one, so that a sleep of the machine counts as time that has passed. */

import type { Millis } from "@neverstale/base";

/**
 * A monotonic clock may stand still while the machine sleeps, and a wall clock may be set. Time passes here as on the one that
 * says more, and never backwards.
 */
export interface Clock {
  readonly monotonic: Millis;
  readonly wall: number;
  /** The wall clock has been ahead by this in all. */
  readonly lead: Millis;
}

export interface Reading {
  readonly clock: Clock;
  readonly now: Millis;
  /** The clocks have come apart since the last reading: the machine slept, or one of them was set. */
  readonly jumped: boolean;
}

export function startClock(monotonic: Millis, wall: number): Clock {
  return { monotonic, wall, lead: 0 };
}

export function readClock(clock: Clock, monotonic: Millis, wall: number): Reading {
  const apart = wall - clock.wall - (monotonic - clock.monotonic);
  if (Math.abs(apart) < CLOCK_JUMP_MS) return { clock, now: monotonic + clock.lead, jumped: false };
  const lead = clock.lead + Math.max(0, apart);
  return { clock: { monotonic, wall, lead }, now: monotonic + lead, jumped: true };
}

/** Normal running doesn't bring about such a difference between two clocks. */
export const CLOCK_JUMP_MS = 1_000;
/** A timer that normal running delays is not as late as this. */
export const TIMER_LATE_MS = 5_000;
