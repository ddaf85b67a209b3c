/** The pace says when the next round may begin, so that at a high rate changes merge. */

import type { Millis } from "@neverstale/base";

/**
 * At a low rate the next round begins at once. At a high rate a round costs more than it brings, so it waits about as long as
 * the last one took, and longer the more there is to merge, so that the cost follows the number of records that moved
 * (rule A4). Waiting brings nothing once nobody makes changes any more: then it is cut short.
 *
 * Waits are in tenths of a millisecond, rounded up: one too small for a clock to show would never be over.
 */
export class Pace {
  #notBefore: Millis = 0;
  #latest: Millis = 0;
  /** It grows while the event loop has no time left, so that rounds make room for the work that feeds them. */
  #stretch = 1;

  /** The next round waits so long in any case. */
  shortest(now: Millis): Millis {
    return Math.ceil(Math.max(0, this.#notBefore - now) * 10) / 10;
  }

  /** It may wait so long while more changes come. */
  longest(now: Millis): Millis {
    return Math.ceil(Math.max(0, this.#latest - now) * 10) / 10;
  }

  noteRound(now: Millis, costMs: Millis, changes: number, loopUtilization: number): void {
    if (loopUtilization > BUSY) this.#stretch = Math.min(this.#stretch * 1.3, 100);
    else this.#stretch = Math.max(this.#stretch / 1.3, 1);
    if (loopUtilization < EASY) {
      this.#notBefore = this.#latest = now;
      return;
    }
    const merging = Math.min(FRAME_MS - costMs, GAP_PER_CHANGE_MS * changes);
    this.#notBefore = now + Math.min(costMs, LONGEST_GAP_MS);
    this.#latest = now + Math.min(Math.max(costMs, merging) * this.#stretch, LONGEST_GAP_MS);
  }
}

/** A round waits at most this long after the last one. */
const LONGEST_GAP_MS = 50;
/** It waits so many milliseconds for each change of the last round, up to a frame of a screen. */
const GAP_PER_CHANGE_MS = 0.25;
const FRAME_MS = 16;
const BUSY = 0.97;
const EASY = 0.75;
