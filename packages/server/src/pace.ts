import type { Millis } from "./runtime.ts";

/** A round is told to wait at most this long after the last one. */
const LONGEST_GAP_MS = 50;
const BUSY = 0.97;
const EASY = 0.5;

/**
 * When the next round may begin. At a low rate at once; at a high one a round costs more than it brings, so it waits
 * about as long as the last one took, and longer the more there is to merge, so that the cost follows the number of
 * records that moved (rule A4).
 */
export class Pace {
  #notBefore: Millis = 0;
  /** Grows while the event loop has no time left, so that rounds make room for the work that feeds them. */
  #stretch = 1;

  /** How long from now the next round has to wait. */
  delay(now: Millis): Millis {
    return Math.max(0, this.#notBefore - now);
  }

  noteRound(now: Millis, costMs: Millis, changes: number, loopUtilization: number): void {
    if (loopUtilization > BUSY) this.#stretch = Math.min(this.#stretch * 1.3, 100);
    else this.#stretch = Math.max(this.#stretch / 1.3, 1);
    const merged = Math.min(16 - costMs, 0.25 * changes);
    const gap = loopUtilization < EASY ? 0 : Math.max(costMs, merged) * this.#stretch;
    this.#notBefore = now + Math.min(gap, LONGEST_GAP_MS);
  }
}
