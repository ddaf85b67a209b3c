/** The memory points are the rows of points of one store in memory. */

import {
  MOST_POINT_CHARS,
  type PointListQuery,
  type PointQuery,
  type PointRow,
  type PointsGone,
  type PointTimesQuery,
} from "./point-store.ts";

export class MemoryPoints {
  /** The rows stand by their step, their time and their series. */
  readonly #steps = new Map<number, Map<number, Map<string, PointRow>>>();

  constructor(rows: readonly PointRow[] = []) {
    for (const row of rows) this.#timeOf(row).set(row.series, row);
  }

  /** It returns false when the row is full. */
  append(row: PointRow): boolean {
    const time = this.#timeOf(row);
    const before = time.get(row.series)?.text ?? "";
    if (before.length >= MOST_POINT_CHARS) return false;
    time.set(row.series, { ...row, text: before + row.text });
    return true;
  }

  #timeOf({ step, at }: PointRow): Map<string, PointRow> {
    const times = this.#steps.get(step) ?? new Map<number, Map<string, PointRow>>();
    this.#steps.set(step, times);
    const rows = times.get(at) ?? new Map<string, PointRow>();
    times.set(at, rows);
    return rows;
  }

  read({ step, series, from, to }: PointQuery): readonly PointRow[] {
    const rows: PointRow[] = [];
    for (const [at, time] of this.#inOrder(step)) {
      const row = time.get(series);
      if (row !== undefined && at >= from && at < to) rows.push(row);
    }
    return rows;
  }

  list({ step, at, after, limit }: PointListQuery): readonly PointRow[] {
    const rows = [...(this.#steps.get(step)?.get(at)?.values() ?? [])].filter(({ series }) => series > after);
    return rows.sort(bySeries).slice(0, limit);
  }

  times({ step, upTo, limit }: PointTimesQuery): readonly number[] {
    const times = [...(this.#steps.get(step)?.keys() ?? [])].filter((at) => at <= upTo);
    return times.sort((a, b) => b - a).slice(0, limit);
  }

  /** It returns how many rows went. */
  drop(gone: PointsGone): number {
    const times = this.#steps.get(gone.step) ?? new Map<number, Map<string, PointRow>>();
    let count = 0;
    for (const [at, rows] of times) {
      if ("series" in gone) count += rows.delete(gone.series) ? 1 : 0;
      else if (at >= gone.from && at < gone.before) {
        count += rows.size;
        rows.clear();
      }
      if (rows.size === 0) times.delete(at);
    }
    return count;
  }

  /** It returns all rows in the order of their places. */
  all(): readonly PointRow[] {
    const steps = [...this.#steps.keys()].sort((a, b) => a - b);
    return steps.flatMap((step) => this.#inOrder(step).flatMap(([, rows]) => [...rows.values()].sort(bySeries)));
  }

  #inOrder(step: number): readonly (readonly [at: number, rows: ReadonlyMap<string, PointRow>])[] {
    return [...(this.#steps.get(step) ?? [])].sort(([a], [b]) => a - b);
  }
}

function bySeries(a: PointRow, b: PointRow): number {
  return a.series < b.series ? -1 : 1;
}
