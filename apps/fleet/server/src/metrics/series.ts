/** A series is what is kept of one host over a while, read from the store at whichever node was asked. */

import { type HostMetricsAnswer, METRIC_NAMES } from "@neverstale/fleet-domain";
import type { PointStore } from "@neverstale/server/store";
import { type FoundRange, levelFor } from "./asked-step.ts";
import { beginOf, type Level, rowLength } from "./levels.ts";
import { type MetricPoint, mergedPoints, pointsOfRow, roundedPoint } from "./metric-point.ts";

export interface SeriesParts {
  readonly points: Pick<PointStore, "readPoints">;
  readonly levels: readonly Level[];
  /** It is in milliseconds since 1970. */
  readonly now: number;
  /** It lets others have a turn between two reads. */
  readonly pause: () => Promise<void>;
}

export async function readSeries(
  parts: SeriesParts,
  host: string,
  range: FoundRange,
): Promise<HostMetricsAnswer["metrics"]> {
  const found = new Map<number, MetricPoint>();
  const level = levelFor(range.step, parts.levels);
  for (const [at, point] of await pointsBetween(parts, level, host, range)) add(found, beginOf(at, range.step), point);
  return columnsOf(found, range);
}

function add(points: Map<number, MetricPoint>, at: number, point: MetricPoint): void {
  const before = points.get(at);
  points.set(at, before === undefined ? point : mergedPoints(before, point));
}

/**
 * The newest points of a level may not be complete yet. What there is of them stands in the finer ones, which are not read for what is
 * still to come: of thirteen years that would be seventy thousand reads.
 */
async function pointsBetween(
  parts: SeriesParts,
  index: number,
  host: string,
  { from, to }: Pick<FoundRange, "from" | "to">,
): Promise<Map<number, MetricPoint>> {
  const level = parts.levels[index];
  if (level === undefined) return new Map();
  const stored = await storedPoints(parts, level, host, from, to);
  const begun = beginOf(parts.now, level.step);
  const newest = Math.max(from, begun - level.step);
  const end = Math.min(to, begun + level.step);
  if (newest >= end || index === 0) return stored;
  const unfinished = new Map<number, MetricPoint>();
  for (const [at, point] of await pointsBetween(parts, index - 1, host, { from: newest, to: end })) {
    const begin = beginOf(at, level.step);
    if (!stored.has(begin)) add(unfinished, begin, point);
  }
  return new Map([...stored, ...unfinished]);
}

/** So many rows are read at once. */
const ROWS_PER_READ = 120;

async function storedPoints(
  { points, pause }: SeriesParts,
  level: Level,
  series: string,
  from: number,
  to: number,
): Promise<Map<number, MetricPoint>> {
  const found = new Map<number, MetricPoint>();
  const length = rowLength(level);
  const perRead = ROWS_PER_READ * length;
  for (let begin = beginOf(from, length); begin < to; begin += perRead) {
    const rows = await points.readPoints({ step: level.step, series, from: begin, to: Math.min(to, begin + perRead) });
    for (const { at: row, text } of rows)
      for (const [offset, point] of pointsOfRow(text)) {
        const at = row + offset * level.step;
        if (at >= from && at < to) found.set(at, point);
      }
    await pause();
  }
  return found;
}

/** A metric that was never told has no column. */
function columnsOf(points: ReadonlyMap<number, MetricPoint>, { from, to, step }: FoundRange) {
  const rounded = Array.from({ length: (to - from) / step }, (_, index) => {
    const point = points.get(from + index * step);
    return point === undefined ? null : roundedPoint(point).values;
  });
  const told = METRIC_NAMES.filter((name) => rounded.some((values) => values?.[name] !== undefined));
  return Object.fromEntries(told.map((name) => [name, rounded.map((values) => values?.[name] ?? null)]));
}
