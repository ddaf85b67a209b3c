/** A token bucket gives out an amount that comes back with time, so that a burst is fine and a flood is not. */

import type { Millis } from "./time.ts";

/** The bucket knows no clock: whoever asks says what time it is. A clock that is set back gives nothing and takes nothing. */
export class TokenBucket {
  readonly size: number;
  readonly #perMs: number;
  #left: number;
  #atMs: Millis;

  /** A new bucket is full. `perSecond` tokens come back each second, up to `size`. */
  constructor(size: number, perSecond: number, nowMs: Millis) {
    this.size = size;
    this.#perMs = perSecond / 1000;
    this.#left = size;
    this.#atMs = nowMs;
  }

  /** It takes `amount` tokens and returns true, or takes nothing and returns false. */
  take(amount: number, nowMs: Millis): boolean {
    if (this.left(nowMs) < amount) return false;
    this.#left -= amount;
    return true;
  }

  /** So many tokens are left at this moment. */
  left(nowMs: Millis): number {
    const passedMs = Math.max(0, nowMs - this.#atMs);
    this.#left = Math.min(this.size, this.#left + passedMs * this.#perMs);
    this.#atMs = nowMs;
    return this.#left;
  }

  /** After how many milliseconds `amount` tokens will be there: 0 when they are there now. */
  waitMs(amount: number, nowMs: Millis): Millis {
    return Math.max(0, (amount - this.left(nowMs)) / this.#perMs);
  }

  /** It puts tokens back that were taken for something that did no harm. */
  giveBack(amount: number): void {
    this.#left = Math.min(this.size, this.#left + amount);
  }
}
