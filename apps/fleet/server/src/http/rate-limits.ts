/** The rate limits say how many requests and guesses are taken of whom. */

import type { ThrottleOptions } from "./throttle.ts";

export interface RateLimits {
  /** Requests of one address that show neither a session nor a credential. */
  readonly requests: ThrottleOptions;
  /** Requests of one session. */
  readonly session: ThrottleOptions;
  /** Requests of one host's agent. */
  readonly host: ThrottleOptions;
  /** Sign-ins and enrolments tried by one address, or by one device that has signed in before. */
  readonly attempts: ThrottleOptions;
  /** Sign-ins to one account tried by one address: whoever guesses locks out nobody who comes from elsewhere. */
  readonly account: ThrottleOptions;
  /**
   * Passwords tried by everyone together, and as many by all who signed in before. More than one address may try, so
   * that none uses it up for the others.
   */
  readonly passwords: ThrottleOptions;
}

export const DEFAULT_RATE_LIMITS: RateLimits = {
  requests: { burst: 3000, perSecond: 500 },
  session: { burst: 3000, perSecond: 500 },
  host: { burst: 600, perSecond: 60 },
  attempts: { burst: 10, perSecond: 1 / 6 },
  account: { burst: 20, perSecond: 1 / 10 },
  passwords: { burst: 200, perSecond: 2 },
};
