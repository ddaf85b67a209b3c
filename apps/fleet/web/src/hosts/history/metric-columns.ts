/** The points of a host's past and its readings since then become columns, as a chart draws them. */

import type { HostMetricsAnswer, MetricName, Metrics } from "@neverstale/fleet-domain";

export interface MetricColumns {
  /** They are in seconds since 1970, and rise. */
  readonly times: readonly number[];
  readonly metrics: ReadonlyMap<MetricName, MetricColumn>;
}

/** Each has a value for each time. Null is a hole: nothing was told then. */
export interface MetricColumn {
  readonly min: readonly (number | null)[];
  readonly mean: readonly (number | null)[];
  readonly max: readonly (number | null)[];
}

/** A point of the past stands in the middle of the while that it is of. Readings count only from the end of the past on. */
export function columnsOf(
  past: HostMetricsAnswer,
  readings: readonly Metrics[],
  names: readonly MetricName[],
): MetricColumns {
  const from = Date.parse(past.from) / 1_000;
  const end = Date.parse(past.to) / 1_000;
  const known = names.flatMap((name) => past.metrics[name] ?? []).length > 0;
  const length = known ? Math.max(0, ...names.map((name) => past.metrics[name]?.length ?? 0)) : 0;
  const live = readings
    .map((reading) => ({ reading, at: Date.parse(reading.lastSeenAt) / 1_000 }))
    .filter(({ at }) => at > end - past.step / 2);
  const times = [
    ...Array.from({ length }, (_, index) => from + (index + 0.5) * past.step).filter(
      (at) => at < (live[0]?.at ?? Infinity),
    ),
    ...live.map(({ at }) => at),
  ];
  const ofPast = times.length - live.length;
  const metrics = new Map<MetricName, MetricColumn>();
  for (const name of names) {
    const points = past.metrics[name] ?? [];
    const column = (which: 0 | 1 | 2) => [
      ...Array.from({ length: ofPast }, (_, index) => points[index]?.[which] ?? null),
      ...live.map(({ reading }) => reading[name] ?? null),
    ];
    const all: MetricColumn = { min: column(0), mean: column(1), max: column(2) };
    if (all.mean.some((value) => value !== null)) metrics.set(name, all);
  }
  return { times, metrics };
}

export interface MetricSummary {
  readonly lowest: number;
  readonly mean: number;
  readonly highest: number;
}

/** Null means that there is no value at all. */
export function summaryOf({ min, mean, max }: MetricColumn): MetricSummary | null {
  const means = mean.filter((value) => value !== null);
  if (means.length === 0) return null;
  return {
    lowest: min.reduce<number>((least, value) => Math.min(least, value ?? least), Infinity),
    mean: means.reduce((sum, value) => sum + value, 0) / means.length,
    highest: max.reduce<number>((most, value) => Math.max(most, value ?? most), -Infinity),
  };
}
