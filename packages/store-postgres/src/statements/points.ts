/** Points are appended, read and dropped by these statements. */

import {
  type ChainHead,
  MOST_POINT_CHARS,
  type PointListQuery,
  type PointQuery,
  type PointRow,
  type PointsGone,
  type PointTimesQuery,
} from "@neverstale/server/store";
import type { SqlStatement } from "../database.ts";
import type { Names } from "../names.ts";
import type { Columns } from "./columns.ts";
import { isInNewestTerm } from "./fence.ts";
import { Parameters } from "./parameters.ts";

/** With `allowed` false the term is over, and nothing was done. */
export interface PointsMoved {
  readonly allowed: boolean;
  readonly moved: number;
}

export const POINT_COLUMNS: Columns<PointRow> = {
  step: { type: "bigint", of: ({ step }) => step },
  at: { type: "bigint", of: ({ at }) => at },
  series: { type: "text", of: ({ series }) => series },
  text: { type: "text", of: ({ text }) => text },
};

/** Each place stands among the rows once. */
export function appendStatement(names: Names, rows: readonly PointRow[], head: ChainHead): SqlStatement<PointsMoved> {
  const parameters = new Parameters();
  const source = parameters.rows(rows, Object.values(POINT_COLUMNS));
  return moving(
    names,
    head,
    parameters,
    `INSERT INTO ${names.points} AS p (step, at, series, text)
  SELECT u.* FROM ${source} AS u(step, at, series, text) WHERE EXISTS (SELECT 1 FROM allowed)
  ON CONFLICT (step, at, series) DO UPDATE SET text = p.text || excluded.text WHERE length(p.text) < ${MOST_POINT_CHARS}`,
  );
}

/** It drops at most `limit` rows, or all of one series. */
export function dropPointsStatement(
  names: Names,
  gone: PointsGone,
  limit: number,
  head: ChainHead,
): SqlStatement<PointsMoved> {
  const parameters = new Parameters();
  const step = parameters.add("bigint", gone.step);
  const rows =
    "series" in gone
      ? `step = ${step} AND series = ${parameters.add("text", gone.series)}
    AND at IN (${timesOf(names, step, parameters.add("bigint", 0), parameters.add("bigint", Number.MAX_SAFE_INTEGER))})`
      : `(step, at, series) IN (SELECT step, at, series FROM ${names.points}
    WHERE step = ${step} AND at >= ${parameters.add("bigint", gone.from)} AND at < ${parameters.add("bigint", gone.before)}
    ORDER BY step, at, series LIMIT ${parameters.add("bigint", limit)})`;
  return moving(
    names,
    head,
    parameters,
    `DELETE FROM ${names.points} WHERE ${rows} AND EXISTS (SELECT 1 FROM allowed)`,
  );
}

/** It says how many rows of the history went, and how many characters they had. */
export interface HistoryGone extends PointsMoved {
  readonly chars: number;
}

export function dropHistoryStatement(
  names: Names,
  positions: readonly number[],
  head: ChainHead,
): SqlStatement<HistoryGone> {
  const parameters = new Parameters();
  const rows = positions.length === 0 ? "NULL" : positions.map((each) => parameters.add("bigint", each)).join(", ");
  return parameters.statement(`WITH allowed AS (SELECT 1 WHERE ${isInNewestTerm(names, head, parameters)}),
gone AS (DELETE FROM ${names.history} WHERE position IN (${rows}) AND EXISTS (SELECT 1 FROM allowed) RETURNING chars)
SELECT EXISTS (SELECT 1 FROM allowed) AS allowed, (SELECT count(*) FROM gone) AS moved,
  (SELECT coalesce(sum(chars), 0) FROM gone) AS chars`);
}

function moving(names: Names, head: ChainHead, parameters: Parameters, write: string): SqlStatement<PointsMoved> {
  return parameters.statement(`WITH allowed AS (SELECT 1 WHERE ${isInNewestTerm(names, head, parameters)}),
moved AS (${write} RETURNING 1)
SELECT EXISTS (SELECT 1 FROM allowed) AS allowed, (SELECT count(*) FROM moved) AS moved`);
}

/** The times at which rows of a step begin are found by one lookup for each: no index leads to a series alone. */
function timesOf({ points }: Names, step: string, from: string, to: string): string {
  return `WITH RECURSIVE times (at) AS (
    SELECT (SELECT min(at) FROM ${points} WHERE step = ${step} AND at >= ${from})
    UNION ALL
    SELECT (SELECT min(p.at) FROM ${points} p WHERE p.step = ${step} AND p.at > times.at) FROM times WHERE times.at < ${to}
  ) SELECT at FROM times WHERE at < ${to}`;
}

/** It asks for the row of each time by its key, whatever the database guesses of the table. */
export function readPointsStatement(names: Names, { step, series, from, to }: PointQuery): SqlStatement<PointRow> {
  const parameters = new Parameters();
  const bigint = (value: number) => parameters.add("bigint", value);
  const [of, first, end] = [bigint(step), bigint(from), bigint(to)];
  return parameters.statement(`SELECT p.step, p.at, p.series, p.text FROM (${timesOf(names, of, first, end)}) t
JOIN LATERAL (SELECT * FROM ${names.points} r
  WHERE r.step = ${of} AND r.at = t.at AND r.series = ${parameters.add("text", series)} LIMIT 1) p ON true
ORDER BY p.at`);
}

export function listPointsStatement(names: Names, { step, at, after, limit }: PointListQuery): SqlStatement<PointRow> {
  const parameters = new Parameters();
  const bigint = (value: number) => parameters.add("bigint", value);
  return parameters.statement(`SELECT step, at, series, text FROM ${names.points}
WHERE step = ${bigint(step)} AND at = ${bigint(at)} AND series > ${parameters.add("text", after)}
ORDER BY series LIMIT ${bigint(limit)}`);
}

export function pointTimesStatement(
  { points }: Names,
  { step, upTo, limit }: PointTimesQuery,
): SqlStatement<{ readonly at: number }> {
  const parameters = new Parameters();
  const of = parameters.add("bigint", step);
  return parameters.statement(`WITH RECURSIVE times (at) AS (
  SELECT (SELECT max(at) FROM ${points} WHERE step = ${of} AND at <= ${parameters.add("bigint", upTo)})
  UNION ALL
  SELECT (SELECT max(p.at) FROM ${points} p WHERE p.step = ${of} AND p.at < times.at) FROM times WHERE times.at IS NOT NULL
) SELECT at FROM times WHERE at IS NOT NULL LIMIT ${parameters.add("bigint", limit)}`);
}
