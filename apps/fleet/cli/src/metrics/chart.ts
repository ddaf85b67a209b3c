/** A chart draws a host's metrics as lines of text: one line of bars for each metric, with the least, the mean and the greatest value. */

import type { HostMetricsAnswer, MetricName, Spread } from "@neverstale/fleet-domain";

const BARS = [..."▁▂▃▄▅▆▇█"];
/** A hole shows as a hole. */
const HOLE = " ";

/** A line is at most `width` characters of bars long. Each bar is the greatest value of its points. */
export function chartLines({ from, to, step, metrics }: HostMetricsAnswer, host: string, width: number): string[] {
  const told = Object.entries(metrics) as [MetricName, readonly (Spread | null)[]][];
  const head = `${host}  ${from} to ${to}, one point each ${stepText(step)}`;
  if (told.length === 0) return [head, "nothing was told in this time"];
  return [head, ...told.map(([name, points]) => lineOf(name, points, width))];
}

function lineOf(name: MetricName, points: readonly (Spread | null)[], width: number): string {
  const there = points.filter((point) => point !== null);
  const least = Math.min(...there.map(([min]) => min));
  const greatest = Math.max(...there.map(([, , max]) => max));
  const mean = there.reduce((sum, point) => sum + point[1], 0) / there.length;
  const top = PERCENTS.has(name) ? 100 : greatest;
  const bars = columnsOf(points, width).map((value) => barOf(value, top));
  const [low, middle, high] = [least, mean, greatest].map((value) => figureOf(name, value));
  return `${name.padEnd(NAME_WIDTH)}|${bars.join("")}|  min ${low}  mean ${middle}  max ${high}`;
}

const NAME_WIDTH = 16;
/** They are drawn from 0 to 100, and the others from 0 to their greatest value. */
const PERCENTS: ReadonlySet<MetricName> = new Set<MetricName>(["cpu", "ram", "swap", "disk", "memoryOfAllowed"]);
const BYTES: ReadonlySet<MetricName> = new Set<MetricName>(["netIn", "netOut", "diskRead", "diskWrite"]);

function figureOf(name: MetricName, value: number): string {
  if (PERCENTS.has(name)) return `${short(value)} %`;
  if (!BYTES.has(name)) return short(value);
  const [unit, size] = UNITS.find(([, bytes]) => value >= bytes) ?? ["B/s", 1];
  return `${Number((value / size).toPrecision(3))} ${unit}`;
}

const UNITS = [
  ["GB/s", 1e9],
  ["MB/s", 1e6],
  ["kB/s", 1e3],
] as const;

function columnsOf(points: readonly (Spread | null)[], width: number): (number | null)[] {
  const per = Math.max(1, Math.ceil(points.length / width));
  return Array.from({ length: Math.ceil(points.length / per) }, (_, column) => {
    const greatest = points
      .slice(column * per, (column + 1) * per)
      .flatMap((point) => (point === null ? [] : point[2]));
    return greatest.length === 0 ? null : Math.max(...greatest);
  });
}

function barOf(value: number | null, top: number): string {
  if (value === null) return HOLE;
  const share = top === 0 ? 0 : value / top;
  return BARS[Math.min(BARS.length - 1, Math.max(0, Math.floor(share * BARS.length)))] ?? HOLE;
}

function short(value: number): string {
  return String(Number(value.toFixed(2)));
}

function stepText(seconds: number): string {
  if (seconds % 3_600 === 0) return `${seconds / 3_600} h`;
  return seconds % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`;
}
