/** Quantities are durations and sizes as people write them: `10s`, `64KiB`. */

import { z } from "zod";

/** Timers can't wait longer than 2^31 ms: a longer one would end at once. */
const LONGEST_MS = 500 * 3_600_000;

/** It is a duration in a file. It is read into milliseconds. */
export const Duration = z.string().transform((text, context) => {
  const ms = parseDuration(text);
  if (ms !== null && ms > 0 && ms <= LONGEST_MS) return ms;
  context.addIssue("expected a duration such as 30s, 5m or 1h, at most 500h");
  return z.NEVER;
});

/** Reads `10s`, `500ms`, `5m`, `1h` or `30d` into milliseconds. Returns null for any other text. */
export function parseDuration(text: string): number | null {
  return parse(text, MS);
}

/** Reads `64KiB` or `1MiB` into bytes. Returns null for any other text. */
export function parseSize(text: string): number | null {
  return parse(text, BYTES);
}

const MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const BYTES = { B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 } as const;

function parse(text: string, units: Readonly<Record<string, number>>): number | null {
  const match = /^(\d{1,9})([A-Za-z]{1,3})$/.exec(text);
  const unit = match?.[2] ?? "";
  return match === null || !Object.hasOwn(units, unit) ? null : Number(match[1]) * (units[unit] ?? 0);
}
