/** Facts of the server are put into words here. */

import type { UsedLimit } from "@neverstale/fleet-domain";
import { span } from "../state/format.ts";

const DAY_MS = 86_400_000;

/** Whole days are said as days, and all else as usual. */
export function daysWords(ms: number): string {
  if (ms < DAY_MS || ms % DAY_MS !== 0) return span(ms);
  const days = ms / DAY_MS;
  return days === 1 ? "1 day" : `${days.toLocaleString("en")} days`;
}

export interface ShownLimit extends UsedLimit {
  readonly words: string;
  /** In percent, and 100 at most. */
  readonly share: number;
}

/** The ones that are nearest to their end come first. */
export function shownLimits(limits: readonly UsedLimit[]): readonly ShownLimit[] {
  return limits
    .map((limit) => ({
      ...limit,
      words: limit.name.replaceAll("_", " "),
      share: Math.min(100, (100 * limit.used) / limit.limit),
    }))
    .toSorted((a, b) => b.share - a.share || a.words.localeCompare(b.words, "en"));
}
