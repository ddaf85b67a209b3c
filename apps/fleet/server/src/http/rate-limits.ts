/** The rate limits say how many requests and guesses are taken of whom. */

import type { ThrottleOptions } from "./throttle.ts";

export interface RateLimits {
  /** They bound requests of one address that show neither a session nor a credential. */
  readonly requests: ThrottleOptions;
  /** They bound requests of one session. */
  readonly session: ThrottleOptions;
  /** They bound requests of one host's agent. */
  readonly host: ThrottleOptions;
  /** They bound sign-ins and enrolments that one address tries, or one device that has signed in before. */
  readonly attempts: ThrottleOptions;
  /** They bound sign-ins to one account that one address tries. Whoever guesses locks out nobody who comes from elsewhere. */
  readonly account: ThrottleOptions;
  /**
   * They bound passwords that all who are new try together, and as many that all who signed in before try. That is more than one
   * address may try, so that none uses it up for the others.
   */
  readonly passwords: ThrottleOptions;
  /** They bound codes of the second factor of one user that are tried, from everywhere. Of a million codes three are right at a time. */
  readonly codes: ThrottleOptions;
}

export const DEFAULT_RATE_LIMITS: RateLimits = {
  requests: { burst: 3000, perSecond: 500 },
  session: { burst: 3000, perSecond: 500 },
  host: { burst: 600, perSecond: 60 },
  attempts: { burst: 10, perSecond: 1 / 6 },
  account: { burst: 20, perSecond: 1 / 10 },
  passwords: { burst: 200, perSecond: 2 },
  codes: { burst: 5, perSecond: 1 / 120 },
};
