/** The charts of a host reach back as far as one of these. */

export const RANGES = [
  { id: "10m", words: "10 min", ms: 600_000 },
  { id: "1h", words: "1 h", ms: 3_600_000 },
  { id: "6h", words: "6 h", ms: 21_600_000 },
  { id: "24h", words: "24 h", ms: 86_400_000 },
  { id: "7d", words: "7 days", ms: 604_800_000 },
  { id: "30d", words: "30 days", ms: 2_592_000_000 },
] as const;

export type ChartRange = (typeof RANGES)[number];

/** The shortest one stands for a name that is none. */
export function chartRange(id: string): ChartRange {
  return RANGES.find((range) => range.id === id) ?? RANGES[0];
}
