/** A metric point is what a host's heartbeats told in a while: how many there were, and the least, mean and greatest of each figure. */

import { type HostReading, METRIC_NAMES, type MetricName, type Spread } from "@neverstale/fleet-domain";

export interface MetricPoint {
  /** It is made of so many heartbeats. */
  readonly count: number;
  readonly values: MetricValues;
}

type MetricValues = Readonly<Partial<Record<MetricName, Spread>>>;

export function pointOf(reading: HostReading): MetricPoint {
  const told: Partial<Record<MetricName, Spread>> = {};
  for (const name of METRIC_NAMES) {
    const value = reading[name];
    if (value !== undefined) told[name] = [value, value, value];
  }
  return { count: 1, values: told };
}

/** It makes one point of two of the same while. A point that is given twice changes nothing but the count. */
export function mergedPoints(a: MetricPoint, b: MetricPoint): MetricPoint {
  const values: Partial<Record<MetricName, Spread>> = { ...a.values };
  for (const name of METRIC_NAMES) {
    const [one, other] = [a.values[name], b.values[name]];
    if (other !== undefined) values[name] = one === undefined ? other : mergedSpreads(one, a.count, other, b.count);
  }
  return { count: a.count + b.count, values };
}

function mergedSpreads(a: Spread, countA: number, b: Spread, countB: number): Spread {
  const mean = (a[1] * countA + b[1] * countB) / (countA + countB);
  return [Math.min(a[0], b[0]), mean, Math.max(a[2], b[2])];
}

/** So many digits behind the point are kept. Of bytes a second the first three digits are kept. */
const DIGITS: Readonly<Partial<Record<MetricName, number>>> = {
  cpu: 1,
  ram: 1,
  swap: 1,
  load1: 2,
  disk: 1,
  memoryOfAllowed: 1,
};

function rounded(name: MetricName, value: number): number {
  const digits = DIGITS[name] ?? Math.min(0, 2 - Math.floor(Math.log10(Math.max(1, value))));
  const scale = 10 ** Math.abs(digits);
  return digits < 0 ? Math.round(value / scale) * scale : Math.round(value * scale) / scale;
}

/** It returns the point as it is stored. */
export function roundedPoint({ count, values }: MetricPoint): MetricPoint {
  const told: Partial<Record<MetricName, Spread>> = {};
  for (const name of METRIC_NAMES) {
    const spread = values[name];
    if (spread === undefined) continue;
    const [min, mean, max] = spread;
    told[name] = [rounded(name, min), rounded(name, mean), rounded(name, max)];
  }
  return { count, values: told };
}

/**
 * It is a line of a row: which point of the row it is, the count, and the metrics in their order. A metric that was not told is `-`,
 * and one that stood still has one number.
 */
export function lineOfPoint(offset: number, { count, values }: MetricPoint): string {
  const fields = METRIC_NAMES.map((name) => fieldOf(values[name]));
  while (fields.at(-1) === NOT_TOLD) fields.pop();
  return `${[offset, count, ...fields].join(" ")}\n`;
}

const NOT_TOLD = "-";

function fieldOf(spread: Spread | undefined): string {
  if (spread === undefined) return NOT_TOLD;
  const [min, mean, max] = spread;
  return min === max ? shortest(mean) : `${shortest(min)},${shortest(mean)},${shortest(max)}`;
}

/** A number of three digits is shorter with an exponent where it is large. */
function shortest(value: number): string {
  if (value < 100_000) return String(value);
  const [plain, exponential] = [String(value), value.toExponential().replace("e+", "e")];
  return exponential.length < plain.length ? exponential : plain;
}

/**
 * It returns the points of a row by their offsets. Several lines of one offset are parts of its while, as when a server ended amid it.
 * Fields that only a newer release knows are passed over.
 */
export function pointsOfRow(text: string): Map<number, MetricPoint> {
  const points = new Map<number, MetricPoint>();
  for (const line of text.split("\n")) {
    if (line === "") continue;
    const [offset, count, ...fields] = line.split(" ");
    const told = METRIC_NAMES.flatMap((name, index) => {
      const spread = spreadOf(fields[index]);
      return spread === null ? [] : [[name, spread] as const];
    });
    const point = { count: Number(count), values: Object.fromEntries(told) };
    const before = points.get(Number(offset));
    points.set(Number(offset), before === undefined ? point : mergedPoints(before, point));
  }
  return points;
}

function spreadOf(field: string | undefined): Spread | null {
  if (field === undefined || field === NOT_TOLD) return null;
  const [min = 0, mean = min, max = mean] = field.split(",").map(Number);
  return [min, mean, max];
}
