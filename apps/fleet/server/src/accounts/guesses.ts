/** Guesses are bounded here: attempts to show a secret, and passwords and codes that are tried (C21, C22). */

import type { Clocks } from "../fleet/moment.ts";
import { tooManyRequests } from "../fleet/refusal.ts";
import type { RateLimits } from "../http/rate-limits.ts";
import { Throttle } from "../http/throttle.ts";
import type { Claimant } from "./fair-queue.ts";

export class Guesses {
  readonly #attempts: Throttle;
  readonly #account: Throttle;
  readonly #passwords: Throttle;
  readonly #codes: Throttle;
  readonly #steadyNow: () => number;

  constructor({ attempts, account, passwords, codes }: RateLimits, { steadyNow }: Clocks) {
    this.#attempts = new Throttle(attempts);
    this.#account = new Throttle(account);
    this.#passwords = new Throttle(passwords);
    this.#codes = new Throttle(codes);
    this.#steadyNow = steadyNow;
  }

  /** It returns 0 for an attempt that may go ahead, and else how many seconds to wait. */
  attempt({ key }: Claimant): number {
    return this.#attempts.take(key, this.#steadyNow());
  }

  /** The attempt was right, so it was no guess. */
  forgive({ key }: Claimant): void {
    this.#attempts.refund(key);
  }

  /**
   * It counts a password that is tried, also for a name that nobody has, so that whoever guesses learns nothing from it. It
   * returns a function that gives back what was taken, for a password that was right. It throws `too_many_requests`.
   */
  password({ key, known }: Claimant, username: string): () => void {
    const account = `${key} ${username.toLowerCase()}`;
    const everyone = known ? "known" : "new";
    const now = this.#steadyNow();
    const wait = this.#account.take(account, now) || this.#passwords.take(everyone, now);
    if (wait > 0) throw tooManyRequests(wait);
    return () => {
      this.#account.refund(account);
      this.#passwords.refund(everyone);
    };
  }

  /**
   * It counts a code of a user's second factor that is tried, wherever that comes from: whoever tries one has shown the password or
   * has a session, so nobody else is kept out by it (B128). It returns and throws as `password` does.
   */
  code(user: string): () => void {
    const wait = this.#codes.take(user, this.#steadyNow());
    if (wait > 0) throw tooManyRequests(wait);
    return () => this.#codes.refund(user);
  }
}
