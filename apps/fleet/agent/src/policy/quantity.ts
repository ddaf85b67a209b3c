/** Quantities are durations and sizes as people write them: `10s`, `64KiB`. */

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
