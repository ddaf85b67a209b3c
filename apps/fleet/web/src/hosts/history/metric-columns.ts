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

/** It is a host's past as it was at the moment when it was asked for. */
export interface HostPast {
  readonly answer: HostMetricsAnswer;
  /** It is a time of the server. */
  readonly askedMs: number;
}

/** A point of the past stands in the middle of its while, or at its newest edge. Readings go on from its end. */
export function columnsOf(past: HostPast, readings: readonly Metrics[], names: readonly MetricName[]): MetricColumns {
  const { answer, askedMs } = past;
  const from = Date.parse(answer.from) / 1_000;
  const asked = askedMs / 1_000;
  const ofPast = Math.max(
    0,
    ...names.map((name) => (answer.metrics[name] ?? []).findLastIndex((point) => point !== null) + 1),
  );
  const begin = Math.min(from + ofPast * answer.step, asked); // Nothing is known of the past behind it, as it is written in batches.
  const live = readings
    .map((reading) => ({ reading, at: Date.parse(reading.lastSeenAt) / 1_000 }))
    .filter(({ at }) => at > begin);
  const times = [
    ...Array.from({ length: ofPast }, (_, index) => Math.min(from + (index + 0.5) * answer.step, asked)),
    ...live.map(({ at }) => at),
  ];
  const metrics = new Map<MetricName, MetricColumn>();
  for (const name of names) {
    const points = answer.metrics[name] ?? [];
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
export function summed({ min, mean, max }: MetricColumn): MetricSummary | null {
  const means = mean.filter((value) => value !== null);
  if (means.length === 0) return null;
  return {
    lowest: min.reduce<number>((least, value) => Math.min(least, value ?? least), Infinity),
    mean: means.reduce((sum, value) => sum + value, 0) / means.length,
    highest: max.reduce<number>((most, value) => Math.max(most, value ?? most), -Infinity),
  };
}
