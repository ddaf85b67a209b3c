/** A fold is written by these statements, all in one transaction. */

import type { ChainHead, Fold } from "@neverstale/server/store";
import type { SqlStatement } from "../database.ts";
import type { Names } from "../names.ts";
import { isInNewestTerm } from "./fence.ts";
import { Parameters } from "./parameters.ts";

/**
 * With `allowed` 0 the term is over. With `lost` 1 the rows that are there are older than those that the fold goes on from. With
 * `folded` 0 the space is gone, or was folded further.
 */
export interface FoldStart {
  readonly allowed: number;
  readonly lost: number;
  readonly folded: number;
}

/** It locks the space's row for the rest of the transaction. A fold that waited for another one looks again how far that came. */
export function foldStart(names: Names, fold: Fold, spaceId: number, head: ChainHead): SqlStatement<FoldStart> {
  const parameters = new Parameters();
  const bigint = (value: number) => parameters.add("bigint", value);
  const version = bigint(fold.version);
  const [id, after] = [bigint(spaceId), bigint(fold.after)];
  return parameters.statement(`WITH allowed AS (SELECT 1 WHERE ${isInNewestTerm(names, head, parameters)}),
folded AS (
  UPDATE ${names.spaces} SET folded_version = ${version}, tombstone_floor = ${bigint(fold.tombstoneFloor)},
    digest = ${parameters.add("text", fold.digest)}
  WHERE space_id = ${id} AND folded_version BETWEEN ${after} AND ${version} AND EXISTS (SELECT 1 FROM allowed)
  RETURNING 1)
SELECT (SELECT count(*) FROM allowed) AS allowed, (SELECT count(*) FROM folded) AS folded,
  (SELECT count(*) FROM ${names.spaces} WHERE space_id = ${id} AND folded_version < ${after}) AS lost`);
}

/** A tombstone is a row without a text. */
export interface FoldedRow {
  readonly collection: string;
  readonly id: string;
  readonly version: number;
  readonly text: string | null;
}

export function foldRows(names: Names, spaceId: number, rows: readonly FoldedRow[]): SqlStatement<never> {
  const parameters = new Parameters();
  const space = parameters.add("bigint", spaceId);
  const source = parameters.rows(rows, [
    { type: "text", of: ({ collection }) => collection },
    { type: "text", of: ({ id }) => id },
    { type: "bigint", of: ({ version }) => version },
    { type: "text", of: ({ text }) => text },
  ]);
  return parameters.statement(`INSERT INTO ${names.records} (space_id, collection, id, version, text)
SELECT ${space}, u.* FROM ${source} AS u(collection, id, version, text)
ON CONFLICT (space_id, collection, id) DO UPDATE SET version = excluded.version, text = excluded.text`);
}

/** It returns the rows of a fold in pieces. One row may be larger than a piece. */
export function* foldPieces(
  { records, tombstones }: Fold,
  most: { readonly rows: number; readonly chars: number },
): Iterable<readonly FoldedRow[]> {
  let piece: FoldedRow[] = [];
  let chars = 0;
  const rows: readonly (readonly FoldedRow[])[] = [tombstones.map((row) => ({ ...row, text: null })), records];
  for (const row of rows.flat()) {
    const size = row.text?.length ?? 0;
    if (piece.length > 0 && (piece.length >= most.rows || chars + size > most.chars)) {
      yield piece;
      [piece, chars] = [[], 0];
    }
    piece.push(row);
    chars += size;
  }
  if (piece.length > 0) yield piece;
}
