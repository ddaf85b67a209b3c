/** The backoff says how long to wait after a failure: longer after each one, and not the same for all who failed. */

import type { Millis } from "./time.ts";

/** These bounds are those of the waits of one kind of attempt. */
export interface Backoff {
  /** This is the longest wait after the first failure. It doubles with each further one. */
  readonly firstMs: Millis;
  /** The wait stops doubling here. */
  readonly longestMs: Millis;
  /** This is added to every wait. Without it, a wait may be 0. */
  readonly floorMs?: Millis;
}

/** Behind so many doublings the longest wait is reached in any case. A larger exponent would only overflow. */
const MOST_DOUBLINGS = 16;

/**
 * This is exponential backoff with full jitter (rule R6). `failures` counts from 1, and `chance` is in [0, 1) and drawn
 * by the caller. The wait is between `floorMs` and `floorMs` plus the smaller of `longestMs` and
 * `firstMs * 2 ** (failures - 1)`.
 */
export function backoffMs({ firstMs, longestMs, floorMs = 0 }: Backoff, failures: number, chance: number): Millis {
  return floorMs + chance * Math.min(longestMs, firstMs * 2 ** Math.min(failures - 1, MOST_DOUBLINGS));
}
