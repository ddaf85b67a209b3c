import type { Millis } from "./runtime.ts";

/** A token bucket: so many a second on average, and a burst of ten seconds' worth. */
export class Bucket {
  readonly #perSecond: number;
  readonly #burst: number;
  #tokens: number;
  #at: Millis;

  constructor(perSecond: number, burst: number, now: Millis) {
    this.#perSecond = perSecond;
    this.#burst = burst;
    this.#tokens = burst;
    this.#at = now;
  }

  /** Returns false when there is none left. */
  take(now: Millis): boolean {
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#at) / 1000) * this.#perSecond);
    this.#at = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** The last one taken was for something that counts for nothing. */
  giveBack(): void {
    this.#tokens += 1;
  }
}
