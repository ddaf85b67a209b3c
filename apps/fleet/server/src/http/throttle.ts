interface Bucket {
  tokens: number;
  atMs: number;
}

export interface ThrottleOptions {
  /** How many may come at once. */
  readonly burst: number;
  readonly perSecond: number;
}

/** Callers remembered at most; beyond it those that have waited longest are forgotten. */
const MAX_BUCKETS = 10_000;

/** A token bucket for each key. */
export class Throttle {
  readonly #options: ThrottleOptions;
  readonly #maxBuckets: number;
  readonly #buckets = new Map<string, Bucket>();

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
    const bucket = this.#buckets.get(key) ?? { tokens: burst, atMs: nowMs };
    const passedMs = Math.max(0, nowMs - bucket.atMs);
    bucket.tokens = Math.min(burst, bucket.tokens + (passedMs / 1000) * perSecond);
    bucket.atMs = nowMs;
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    this.#forgetOldest();
    if (bucket.tokens < 1) return Math.max(1, Math.ceil((1 - bucket.tokens) / perSecond));
    bucket.tokens -= 1;
    return 0;
  }

  /** Gives one back: what it was taken for did no harm. */
  refund(key: string): void {
    const bucket = this.#buckets.get(key);
    if (bucket !== undefined) bucket.tokens = Math.min(this.#options.burst, bucket.tokens + 1);
  }

  #forgetOldest(): void {
    if (this.#buckets.size <= this.#maxBuckets) return;
    for (const key of this.#buckets.keys()) {
      this.#buckets.delete(key);
      return;
    }
  }
}
