/** The point statements append to rows of points, read them by their key, and delete them. */

import type { DatabaseSync } from "node:sqlite";
import {
  MOST_POINT_CHARS,
  type PointListQuery,
  type PointQuery,
  type PointRow,
  type PointsGone,
  type PointTimesQuery,
} from "@neverstale/server/store";
import type { PointTables } from "../../sliced/tables.ts";
import { Prepared } from "./prepared.ts";

/**
 * It lists the times at which rows of a step begin, by one lookup for each: no index leads to a series alone. Its parameters are the
 * step, the first time, the step, and the time before which they end.
 */
const TIMES = `WITH RECURSIVE times (at) AS (
  SELECT (SELECT min(at) FROM points WHERE step = ? AND at >= ?)
  UNION ALL
  SELECT (SELECT min(at) FROM points WHERE step = ? AND at > times.at) FROM times WHERE times.at < ?
)`;

const NEWEST_TIMES = `WITH RECURSIVE times (at) AS (
  SELECT (SELECT max(at) FROM points WHERE step = ? AND at <= ?)
  UNION ALL
  SELECT (SELECT max(at) FROM points WHERE step = ? AND at < times.at) FROM times WHERE times.at IS NOT NULL
) SELECT at FROM times WHERE at IS NOT NULL LIMIT ?`;

/** A series is among these times where a row is there. */
const READ = `${TIMES}
SELECT points.step, points.at, points.series, points.text FROM times
JOIN points ON points.step = ? AND points.at = times.at AND points.series = ?
WHERE times.at < ? ORDER BY times.at`;

const APPEND = `INSERT INTO points (step, at, series, text) VALUES (?, ?, ?, ?)
ON CONFLICT (step, at, series) DO UPDATE SET text = text || excluded.text WHERE length(text) < ${MOST_POINT_CHARS}`;

const DROP_RANGE = `DELETE FROM points WHERE (step, at, series) IN (
  SELECT step, at, series FROM points WHERE step = ? AND at >= ? AND at < ? ORDER BY at, series LIMIT ?)`;

const DROP_SERIES = `DELETE FROM points WHERE (step, at, series) IN (
  ${TIMES}
  SELECT points.step, points.at, points.series FROM times
  JOIN points ON points.step = ? AND points.at = times.at AND points.series = ? LIMIT ?)`;

export class PointStatements implements PointTables {
  readonly #statements: Prepared;

  constructor(db: DatabaseSync) {
    this.#statements = new Prepared(db);
  }

  append({ step, at, series, text }: PointRow): boolean {
    return this.#statements.get(APPEND).run(step, at, series, text).changes !== 0;
  }

  drop(gone: PointsGone, limit: number): number {
    const { step } = gone;
    if ("before" in gone)
      return Number(this.#statements.get(DROP_RANGE).run(step, gone.from, gone.before, limit).changes);
    const values = [...timesOf(step, 0, Number.MAX_SAFE_INTEGER), step, gone.series, limit];
    return Number(this.#statements.get(DROP_SERIES).run(...values).changes);
  }

  read({ step, series, from, to }: PointQuery): readonly PointRow[] {
    return this.#rows(READ, [...timesOf(step, from, to), step, series, to]);
  }

  list({ step, at, after, limit }: PointListQuery): readonly PointRow[] {
    const sql =
      "SELECT step, at, series, text FROM points WHERE step = ? AND at = ? AND series > ? ORDER BY series LIMIT ?";
    return this.#rows(sql, [step, at, after, limit]);
  }

  times({ step, upTo, limit }: PointTimesQuery): readonly number[] {
    const rows = this.#statements.get(NEWEST_TIMES).all(step, upTo, step, limit) as { readonly at: number | null }[];
    return rows.flatMap(({ at }) => at ?? []);
  }

  #rows(sql: string, values: readonly (number | string)[]): readonly PointRow[] {
    return this.#statements
      .get(sql)
      .all(...values)
      .map((row) => ({ ...row })) as unknown as PointRow[];
  }
}

function timesOf(step: number, from: number, to: number): readonly [number, number, number, number] {
  return [step, from, step, to];
}
