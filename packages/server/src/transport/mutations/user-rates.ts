/** Each user may mutate so fast, over whichever page (rule U22). */

import { type Millis, TokenBucket } from "@neverstale/base";

/** So many at once, and so many a second after that. */
const BURST = 500;
const PER_SECOND = 50;
/** The rates of so many users are known. Whoever has not asked for longest is forgotten, and may begin anew. */
const USERS = 10_000;

export class UserRates {
  /** Whoever asked last stands at the end. */
  readonly #buckets = new Map<string, TokenBucket>();

  /** It returns 0 where `count` mutations may go on, and counts them. Otherwise it returns after how many milliseconds they may. */
  take(user: string, count: number, now: Millis): Millis {
    const bucket = this.#buckets.get(user) ?? new TokenBucket(BURST, PER_SECOND, now);
    this.#buckets.delete(user);
    this.#buckets.set(user, bucket);
    if (this.#buckets.size > USERS) this.#buckets.delete(this.#buckets.keys().next().value ?? "");
    return bucket.take(count, now) ? 0 : Math.ceil(bucket.waitMs(count, now));
  }
}
