/** The contents of a store are read by these statements, in one transaction that sees one moment. */

import type { SqlStatement } from "../database.ts";
import type { Names } from "../names.ts";
import type { ChainTableRow } from "./chain.ts";
import { Parameters } from "./parameters.ts";

export function epochsStatement(names: Names): SqlStatement<{ readonly epoch: string }> {
  return { text: `SELECT epoch FROM ${names.epochs} ORDER BY sequence`, values: [] };
}

type NewestRow = Pick<ChainTableRow, "sequence" | "term" | "term_before" | "at" | "age_at" | "address" | "model">;

/** It returns the newest entry, and the newest takeover, which may be the same. */
export function newestStatement(names: Names): SqlStatement<NewestRow> {
  const columns = "sequence, term, term_before, at, age_at, address, model";
  return {
    text: `(SELECT ${columns} FROM ${names.chain} ORDER BY sequence DESC LIMIT 1)
UNION ALL
(SELECT ${columns} FROM ${names.chain} WHERE model IS NOT NULL ORDER BY sequence DESC LIMIT 1)`,
    values: [],
  };
}

export interface SpaceRow {
  readonly space_id: number;
  readonly name: string;
  readonly creation_id: string;
  readonly folded_version: number;
  readonly tombstone_floor: number;
  readonly digest: string | null;
  /** This is the entry of the first change behind the fold. */
  readonly unfolded: number | null;
}

export function spacesStatement(names: Names): SqlStatement<SpaceRow> {
  return {
    text: `SELECT s.*, (SELECT min(m.sequence) FROM ${names.moves} m WHERE m.space_id = s.space_id
  AND m.last_version > s.folded_version AND m.last_version >= m.first_version) AS unfolded
FROM ${names.spaces} s WHERE NOT EXISTS (SELECT 1 FROM ${names.ended} e WHERE e.space_id = s.space_id)
ORDER BY s.space_id`,
    values: [],
  };
}

export interface LineageTableRow {
  readonly space_id: number;
  readonly first_version: number;
  readonly epoch: string;
}

export function lineageStatement(names: Names): SqlStatement<LineageTableRow> {
  return { text: `SELECT * FROM ${names.lineage} ORDER BY space_id, first_version`, values: [] };
}

export interface RecordTableRow {
  readonly space_id: number;
  readonly collection: string;
  readonly id: string;
  readonly version: number;
  readonly text: string | null;
}

/** It returns the rows behind `last`, by their key. */
export function recordsStatement(
  names: Names,
  last: RecordTableRow | null,
  limit: number,
): SqlStatement<RecordTableRow> {
  const parameters = new Parameters();
  const behind =
    last === null
      ? ""
      : `WHERE (space_id, collection, id) > (${parameters.add("bigint", last.space_id)},
  ${parameters.add("text", last.collection)}, ${parameters.add("text", last.id)})`;
  return parameters.statement(`SELECT * FROM ${names.records} ${behind}
ORDER BY space_id, collection, id LIMIT ${parameters.add("bigint", limit)}`);
}
