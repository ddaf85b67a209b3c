import type { Millis } from "../runtime/runtime.ts";

/** How much a token bucket holds, and how fast it fills again. */
export interface Rate {
  readonly perSecond: number;
  readonly burst: number;
}

/** A token bucket. Whole numbers only: there is one for each connection, and a fraction would cost an object. */
export class Bucket {
  #thousandths: number;
  #at: number;

  constructor({ burst }: Rate, now: Millis) {
    this.#thousandths = burst * 1000;
    this.#at = Math.floor(now);
  }

  /** Returns false when there is none left. */
  take({ perSecond, burst }: Rate, now: Millis): boolean {
    const at = Math.floor(now);
    const filled = this.#thousandths + Math.floor((at - this.#at) * perSecond);
    this.#at = at;
    this.#thousandths = Math.min(burst * 1000, filled);
    if (this.#thousandths < 1000) return false;
    this.#thousandths -= 1000;
    return true;
  }

  /** The last one taken was for something that counts for nothing. */
  giveBack(): void {
    this.#thousandths += 1000;
  }
}
