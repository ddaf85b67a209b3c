/** A token for new hosts is open as long as it is good and not used up. */

import type { EnrollmentToken } from "@neverstale/fleet-domain";
import { howMany } from "../state/format.ts";

export interface OpenToken {
  readonly token: EnrollmentToken;
  /** So many machines may still enrol with it. */
  readonly left: number;
  readonly words: string;
}

/** The one that ends first comes first. */
export function openTokens(tokens: readonly EnrollmentToken[], nowMs: number): readonly OpenToken[] {
  return tokens
    .map((token) => {
      const { uses = 1, usedBy, used = usedBy === undefined ? 0 : 1 } = token;
      const left = Math.max(0, uses - used);
      return { token, left, words: `good for ${left === uses ? "" : `${left} more of `}${howMany(uses, "host")}` };
    })
    .filter(({ token, left }) => left > 0 && Date.parse(token.expiresAt) > nowMs)
    .toSorted((a, b) => (a.token.expiresAt < b.token.expiresAt ? -1 : 1));
}
