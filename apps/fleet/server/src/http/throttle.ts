/** A throttle has a token bucket for each key, of those keys that came last. */

import { TokenBucket } from "@neverstale/base";

export class Throttle {
  readonly #options: ThrottleOptions;
  readonly #maxBuckets: number;
  readonly #buckets = new Map<string, TokenBucket>();

  constructor(options: ThrottleOptions, maxBuckets = MAX_BUCKETS) {
    this.#maxBuckets = maxBuckets;
    this.#options = options;
  }

  /**
   * It returns 0 when the caller may go ahead, and else how many whole seconds to wait, with nothing taken. `nowMs` is of a clock that
   * nobody sets. One that goes back all the same costs nobody a token.
   */
  take(key: string, nowMs: number): number {
    const { burst, perSecond } = this.#options;
    const bucket = this.#buckets.get(key) ?? new TokenBucket(burst, perSecond, nowMs);
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    this.#forgetOldest();
    return bucket.take(1, nowMs) ? 0 : Math.max(1, Math.ceil((1 - bucket.left(nowMs)) / perSecond));
  }

  /** It gives one back that was taken for something that did no harm. */
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

export interface ThrottleOptions {
  /** So many may come at once. */
  readonly burst: number;
  readonly perSecond: number;
}

/** So many callers are remembered. Beyond that, those who have not come for longest are forgotten. */
const MAX_BUCKETS = 10_000;
