import type { Millis } from "@neverstale/base";

/** A difference between two clocks, or between a timer and its time, that normal running doesn't bring about. */
export const CLOCK_JUMP_MS = 1_000;
export const TIMER_LATE_MS = 5_000;

/**
 * Two clocks read as one. A monotonic clock may stand still while the machine sleeps, a wall clock may be set: time
 * passes here as on the one that says more, and never backwards.
 */
export interface Clock {
  readonly monotonic: Millis;
  readonly wall: number;
  /** What the wall clock has been ahead in all. */
  readonly lead: Millis;
}

export interface Reading {
  readonly clock: Clock;
  readonly now: Millis;
  /** The clocks have come apart since the last reading, so the machine slept or was set. */
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
