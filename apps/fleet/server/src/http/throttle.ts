/** A throttle has a token bucket for each key, of those keys that came last. */

import { TokenBucket } from "@neverstale/base";

export interface ThrottleOptions {
  /** How many may come at once. */
  readonly burst: number;
  readonly perSecond: number;
}

/** Callers remembered at most; beyond it those that have waited longest are forgotten. */
const MAX_BUCKETS = 10_000;

export class Throttle {
  readonly #options: ThrottleOptions;
  readonly #maxBuckets: number;
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(options: ThrottleOptions, maxBuckets = MAX_BUCKETS) {
    this.#maxBuckets = maxBuckets;
    this.#options = options;
  }

  /**
   * 0: go ahead. Else how many whole seconds to wait; nothing was taken then. `nowMs` is of a clock that nobody sets; one
   * that goes back all the same costs nobody a token.
   */
  take(key: string, nowMs: number): number {
    const { burst, perSecond } = this.#options;
    const bucket = this.#buckets.get(key) ?? new TokenBucket(burst, perSecond, nowMs);
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    this.#forgetOldest();
    return bucket.take(1, nowMs) ? 0 : Math.max(1, Math.ceil((1 - bucket.left(nowMs)) / perSecond));
  }

  /** Gives one back: what it was taken for did no harm. */
  refund(key: string): void {
    this.#buckets.get(key)?.giveBack(1);
  }

  #forgetOldest(): void {
    if (this.#buckets.size <= this.#maxBuckets) return;
    for (const key of this.#buckets.keys()) {
      this.#buckets.delete(key);
      return;
    }
  }
}
