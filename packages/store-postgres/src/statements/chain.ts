/** The chain is read by these statements: its entries, its end, and the sign that its writer lives. */

import type { ChainEntry, ChainHead, ChainQuery, ChainSpace, LogQuery, LogRow } from "@neverstale/server/store";
import type { SqlStatement } from "../database.ts";
import type { Names } from "../names.ts";
import { isNewest } from "./fence.ts";
import { Parameters } from "./parameters.ts";

/** Some 4 MiB. Characters are UTF-16 code units. */
const PAGE_CHARS = 4 * 1_024 * 1_024;

/** There is one row for each space of an entry, and one row without a space for an entry without one. */
export interface ChainTableRow {
  readonly sequence: number;
  readonly term: string;
  readonly term_before: string | null;
  readonly at: number;
  readonly age_at: number;
  readonly address: string | null;
  readonly model: number | null;
  readonly space_id: number | null;
  readonly name: string;
  readonly creation_id: string | null;
  readonly removed: boolean;
  readonly archived: boolean;
  readonly lineage_epoch: string | null;
  readonly first_version: number;
  readonly last_version: number;
  readonly changes: string | null;
}

/** Where nothing is behind the place there is one row, with nothing but `start`. */
export type PageRow =
  | ({ readonly start: number } & ChainTableRow)
  | { readonly start: number; readonly sequence: null };

/** The oldest entry that is kept whole and what comes behind it is a question of one statement, so that trimming may go on. */
export function chainPageStatement(names: Names, { afterSequence, limit }: ChainQuery): SqlStatement<PageRow> {
  const parameters = new Parameters();
  const after = parameters.add("bigint", afterSequence);
  const most = parameters.add("bigint", Math.min(limit, Number.MAX_SAFE_INTEGER));
  return parameters.statement(`WITH k AS (SELECT start FROM ${names.kept} LIMIT 1),
page AS (
  SELECT c.* FROM ${names.chain} c
  WHERE c.sequence > ${after} AND c.sequence > (SELECT start FROM k) ORDER BY c.sequence LIMIT ${most}),
first AS (SELECT sequence, total_chars - chars AS base FROM page ORDER BY sequence LIMIT 1)
SELECT k.start, c.sequence, c.term, c.term_before, c.at, c.age_at, c.address, c.model, m.space_id, m.name, m.creation_id,
  m.removed, m.archived, m.lineage_epoch, m.first_version, m.last_version,
  CASE WHEN m.last_version >= m.first_version AND e.creation_id IS NOT NULL THEN NULL ELSE m.changes END AS changes
FROM k
LEFT JOIN (SELECT page.* FROM page, first
  WHERE page.sequence = first.sequence OR page.total_chars - first.base <= ${PAGE_CHARS}) c ON true
LEFT JOIN ${names.moves} m ON m.sequence = c.sequence
LEFT JOIN ${names.ended} e ON e.space_id = m.space_id
ORDER BY c.sequence, m.place`);
}

export function entriesOf(rows: readonly PageRow[]): ChainEntry[] {
  const entries: ChainEntry[] = [];
  let spaces: ChainSpace[] = [];
  for (const row of rows) {
    if (row.sequence === null) continue;
    if (entries.at(-1)?.sequence !== row.sequence) {
      spaces = [];
      entries.push(entryOf(row, spaces));
    }
    if (row.space_id !== null) spaces.push(spaceOf(row));
  }
  return entries;
}

function entryOf(row: ChainTableRow, spaces: readonly ChainSpace[]): ChainEntry {
  const { sequence, term, term_before: termBefore, at, age_at: ageAt, address, model } = row;
  const facts = { sequence, term, termBefore, at, ageAt };
  return model === null ? { type: "group", ...facts, spaces } : { type: "takeover", ...facts, address, model };
}

function spaceOf(row: ChainTableRow): ChainSpace {
  const { name, creation_id, removed, archived, lineage_epoch, first_version, last_version, changes } = row;
  const lineage = lineage_epoch === null ? null : { epoch: lineage_epoch, firstVersion: first_version };
  const versions = { firstVersion: first_version, lastVersion: last_version };
  return { name, creationId: creation_id, removed, archived, lineage, ...versions, changes };
}

/** The head is null in an empty chain. `listed` is 0 where the node is not listed. */
export interface EndRow {
  readonly sequence: number | null;
  readonly term: string | null;
  readonly beat: number;
  readonly listed: number;
  readonly standby: boolean;
  readonly server: string;
}

/** A node that is listed moves its counter by the same statement: a standby can't do that. */
export function confirmStatement(names: Names, node: string | null): SqlStatement<EndRow> {
  const parameters = new Parameters();
  const mine =
    node === null
      ? ""
      : `WITH mine AS (UPDATE ${names.nodes} SET counter = counter + 1 WHERE id = ${parameters.add("text", node)} RETURNING 1)`;
  return parameters.statement(`${mine}
SELECT c.sequence, c.term, b.beat, ${node === null ? "0" : "(SELECT count(*) FROM mine)"} AS listed,
  pg_is_in_recovery() AS standby, extract(epoch FROM pg_postmaster_start_time())::text AS server
FROM ${names.beat} b
LEFT JOIN LATERAL (SELECT sequence, term FROM ${names.chain} ORDER BY sequence DESC LIMIT 1) c ON true`);
}

/** It alters no row unless the entry is the newest one. */
export function beatStatement(names: Names, head: ChainHead): SqlStatement<{ readonly beat: number }> {
  const parameters = new Parameters();
  return parameters.statement(
    `UPDATE ${names.beat} SET beat = beat + 1 WHERE ${isNewest(names, head, parameters)} RETURNING beat`,
  );
}

export interface LogAnswerRow {
  readonly first_version: number;
  readonly last_version: number;
  readonly at: number;
  readonly changes: string;
}

export function logStatement(names: Names, { space, afterVersion, limit }: LogQuery): SqlStatement<LogAnswerRow> {
  const parameters = new Parameters();
  const name = parameters.add("text", space);
  const after = parameters.add("bigint", afterVersion);
  return parameters.statement(`SELECT m.first_version, m.last_version, c.at, m.changes
FROM ${names.spaces} s
JOIN ${names.moves} m ON m.space_id = s.space_id AND m.last_version > ${after} AND m.last_version >= m.first_version
JOIN ${names.chain} c ON c.sequence = m.sequence
WHERE s.name = ${name} AND NOT EXISTS (SELECT 1 FROM ${names.ended} e WHERE e.space_id = s.space_id)
ORDER BY m.last_version LIMIT ${parameters.add("bigint", Math.min(limit, Number.MAX_SAFE_INTEGER))}`);
}

export function logRowOf(space: string, row: LogAnswerRow): LogRow {
  const { first_version: firstVersion, last_version: lastVersion, at, changes } = row;
  return { space, firstVersion, lastVersion, at, changes };
}
