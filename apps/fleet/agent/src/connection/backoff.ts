/** The agent waits after a request that was not answered: longer after each one, never at once, and not as long as all others. */

import { type Backoff, backoffMs, type Millis } from "@neverstale/base";

/**
 * It returns how long to wait after so many requests that were not answered. What the server asks for is waited for first, so that a
 * crowd that was sent away in one moment does not come back in one.
 */
export function waitAfter({ isLate, retryAfterMs }: Unanswered, failures: number, chance: number): Millis {
  return (
    Math.max(0, Math.min(MOST_ASKED_MS, retryAfterMs)) +
    backoffMs(isLate ? LATE_BACKOFF : RETRY_BACKOFF, failures, chance)
  );
}

/** Nobody is waited for longer than this at once. A timer takes a far longer wait for none at all. */
const MOST_ASKED_MS = 600_000;

export interface Unanswered {
  /** The agent has waited for an answer for as long as it does, and none came. */
  readonly isLate: boolean;
  /** The server asked for this wait. 0 means that it did not. */
  readonly retryAfterMs: Millis;
}

const RETRY_BACKOFF: Backoff = {
  firstMs: 500,
  /** This is well below the time after which the server calls a silent host offline. */
  longestMs: 5_000,
  floorMs: 250,
};

/** A server that does not answer in time has more to do than it can, and each further request would add to that. */
const LATE_BACKOFF: Backoff = { firstMs: 2_000, longestMs: 30_000, floorMs: 1_000 };
