import type { AnswerQuery, StoredAnswer } from "./contract.ts";

/**
 * What a store says of a key (rule D1). `stored`: what it holds under the key. `oldestAt`: what was given before is not
 * kept. `expiredUpTo`: the newest time of a key of this owner whose answer is gone; null: none is.
 *
 * It compares the times of keys with the times of keys: clocks that differ between those who make them alter nothing.
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
