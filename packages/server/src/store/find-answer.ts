/** Finding an answer decides what a store says of an idempotency key (rule D1). */

import type { AnswerQuery, StoredAnswer } from "./contract.ts";

/**
 * `stored` is what the store holds under the key. Answers from before `oldestAt` are not kept. `expiredUpTo` is the newest time
 * of a key of this owner whose answer is gone, or null when none is.
 *
 * It compares the times of keys only with the times of keys, so it does not matter that the clocks of their makers differ.
 */
export function findAnswer(
  { madeAt }: AnswerQuery,
  stored: StoredAnswer | null,
  oldestAt: number,
  expiredUpTo: number | null,
): StoredAnswer | "expired" | null {
  if (stored !== null && stored.at >= oldestAt) return stored;
  if (madeAt === null) return null;
  return stored !== null || madeAt <= (expiredUpTo ?? Number.NEGATIVE_INFINITY) ? "expired" : null;
}
