import type { Millis } from "@neverstale/base";

/** A round is told to wait at most this long after the last one. */
const LONGEST_GAP_MS = 50;
/** So many milliseconds of waiting for each change of the last round, up to a frame of a screen. */
const GAP_PER_CHANGE_MS = 0.25;
const FRAME_MS = 16;
const BUSY = 0.97;
const EASY = 0.75;

/**
 * When the next round may begin. At a low rate at once; at a high one a round costs more than it brings, so it waits
 * about as long as the last one took, and longer the more there is to merge, so that the cost follows the number of
 * records that moved (rule A4). Waiting brings nothing once nobody makes changes any more: then it is cut short.
 *
 * Waits are in tenths of a millisecond, rounded up: one too small for a clock to show would never be over.
 */
export class Pace {
  #notBefore: Millis = 0;
  #latest: Millis = 0;
  /** Grows while the event loop has no time left, so that rounds make room for the work that feeds them. */
  #stretch = 1;

  /** How long the next round has to wait in any case. */
  shortest(now: Millis): Millis {
    return Math.ceil(Math.max(0, this.#notBefore - now) * 10) / 10;
  }

  /** How long it may wait while more changes come. */
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
