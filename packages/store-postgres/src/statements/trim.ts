/** Rows that have outlived their retention are found and deleted by these statements, so many rows at a time. */

import type { ChainHead } from "@neverstale/server/store";
import type { SqlStatement } from "../database.ts";
import type { Names } from "../names.ts";
import { isInNewestTerm } from "./fence.ts";
import { Parameters } from "./parameters.ts";

/** This is the oldest of everything. What is null is not there. */
export interface OldestRow {
  readonly allowed: boolean;
  readonly start: number;
  /** This is the age of the oldest entry that is kept whole. */
  readonly entry_age_at: number | null;
  readonly answer_at: number | null;
  readonly history_at: number | null;
  readonly ended_id: number | null;
  readonly ended_name: string | null;
  readonly ended_creation: string | null;
  readonly tombstones: boolean;
  readonly expired: number;
  readonly epochs: number;
}

/** One round trip says whether anything is due. */
export function oldestStatement(names: Names, head: ChainHead, spaceId: number | null): SqlStatement<OldestRow> {
  const parameters = new Parameters();
  const space = parameters.add("bigint", spaceId);
  return parameters.statement(`SELECT (${isInNewestTerm(names, head, parameters)}) AS allowed, k.start,
  (SELECT age_at FROM ${names.chain} WHERE sequence = k.start + 1) AS entry_age_at,
  (SELECT at FROM ${names.answers} ORDER BY sequence, place LIMIT 1) AS answer_at,
  (SELECT at FROM ${names.history} ORDER BY position LIMIT 1) AS history_at,
  e.space_id AS ended_id, e.name AS ended_name, e.creation_id AS ended_creation,
  EXISTS (SELECT 1 FROM ${names.records} r JOIN ${names.spaces} s ON s.space_id = r.space_id
    WHERE r.space_id = ${space} AND r.text IS NULL AND r.version <= s.tombstone_floor) AS tombstones,
  (SELECT count(*) FROM ${names.expired} WHERE owner IS NOT NULL) AS expired,
  (SELECT count(*) FROM ${names.epochs}) AS epochs
FROM ${names.kept} k
LEFT JOIN LATERAL (SELECT * FROM ${names.ended} ORDER BY space_id LIMIT 1) e ON true`);
}

export interface OldEntryRow {
  readonly sequence: number;
  readonly age_at: number;
  readonly changes: number;
  readonly chars: number;
  readonly total_changes: number;
  readonly total_chars: number;
  /** Everything of a space that has ended counts as folded. */
  readonly folded: boolean;
}

export function oldEntries(names: Names, start: number, limit: number): SqlStatement<OldEntryRow> {
  const parameters = new Parameters();
  const after = parameters.add("bigint", start);
  return parameters.statement(`SELECT c.sequence, c.age_at, c.changes, c.chars, c.total_changes, c.total_chars, NOT EXISTS (
  SELECT 1 FROM ${names.moves} m JOIN ${names.spaces} s ON s.space_id = m.space_id
  WHERE m.sequence = c.sequence AND m.last_version >= m.first_version AND m.last_version > s.folded_version
    AND NOT EXISTS (SELECT 1 FROM ${names.ended} e WHERE e.space_id = s.space_id)) AS folded
FROM ${names.chain} c WHERE c.sequence > ${after} ORDER BY c.sequence LIMIT ${parameters.add("bigint", limit)}`);
}

/** The entry of the newest takeover stays, as it says who is the writer. */
export function dropEntries(names: Names, upTo: number): SqlStatement<never> {
  const parameters = new Parameters();
  const last = parameters.add("bigint", upTo);
  return parameters.statement(`WITH moved AS (DELETE FROM ${names.moves} WHERE sequence <= ${last}),
entry AS (DELETE FROM ${names.chain} WHERE sequence <= ${last}
  AND sequence <> (SELECT max(sequence) FROM ${names.chain} WHERE model IS NOT NULL))
UPDATE ${names.kept} SET start = greatest(start, ${last})`);
}

/**
 * The oldest epochs beyond the newest `most` go with their lineage rows, unless an entry names them. Entries name epochs in the order
 * in which those began, so the oldest entry says it for all.
 */
export function dropEpochs(names: Names, most: number): SqlStatement<never> {
  const parameters = new Parameters();
  const beyond = parameters.add("bigint", Math.max(0, most - 1));
  return parameters.statement(`WITH named AS (SELECT term, term_before FROM ${names.chain} ORDER BY sequence LIMIT 1),
gone AS (
  DELETE FROM ${names.epochs} WHERE sequence < (SELECT sequence FROM ${names.epochs} ORDER BY sequence DESC OFFSET ${beyond} LIMIT 1)
    AND sequence < (SELECT min(e.sequence) FROM ${names.epochs} e JOIN named ON e.epoch = named.term OR e.epoch = named.term_before)
  RETURNING epoch)
DELETE FROM ${names.lineage} WHERE epoch IN (SELECT epoch FROM gone)`);
}

export interface DueAnswerRow {
  readonly key: string;
  readonly sequence: number;
  readonly at: number;
  readonly chars: number;
}

/** It returns the answers of one owner, or of all when `owner` is null, in the order in which they were given. */
export function oldAnswers(names: Names, owner: string | null, limit: number): SqlStatement<DueAnswerRow> {
  const parameters = new Parameters();
  const of = owner === null ? "" : `WHERE owner = ${parameters.add("text", owner)}`;
  return parameters.statement(`SELECT key, sequence, at, chars FROM ${names.answers} ${of}
ORDER BY sequence, place LIMIT ${parameters.add("bigint", limit)}`);
}

export interface DroppedAnswerRow {
  readonly owner: string;
  readonly chars: number;
}

/**
 * Whoever repeats a request that is so old is told so, and nothing is done again (rule D1). An answer that was given anew
 * meanwhile stays.
 */
export function dropAnswers(names: Names, rows: readonly DueAnswerRow[]): SqlStatement<DroppedAnswerRow> {
  const parameters = new Parameters();
  const source = parameters.rows(rows, [
    { type: "text", of: ({ key }) => key },
    { type: "bigint", of: ({ sequence }) => sequence },
  ]);
  return parameters.statement(`WITH gone AS (
  DELETE FROM ${names.answers} a USING ${source} AS u(key, sequence)
  WHERE a.key = u.key AND a.sequence = u.sequence RETURNING a.owner, a.made_at, a.chars),
raised AS (
  INSERT INTO ${names.expired} AS x (owner, made_at)
  SELECT owner, max(made_at) FROM gone WHERE made_at IS NOT NULL GROUP BY owner
  ON CONFLICT (owner) DO UPDATE SET made_at = greatest(x.made_at, excluded.made_at))
SELECT owner, chars FROM gone`);
}

/** Where there are too many owners, the keys of the oldest count as everybody's. */
export function boundExpired(names: Names, tooMany: number): readonly SqlStatement<never>[] {
  const oldest = (parameters: Parameters) =>
    `SELECT owner, made_at FROM ${names.expired} WHERE owner IS NOT NULL
     ORDER BY made_at, owner LIMIT ${parameters.add("bigint", tooMany)}`;
  const raise = new Parameters();
  const drop = new Parameters();
  return [
    raise.statement(`UPDATE ${names.expired} SET made_at = greatest(made_at, (SELECT max(made_at) FROM (${oldest(raise)}) o))
WHERE owner IS NULL`),
    drop.statement(`DELETE FROM ${names.expired} WHERE owner IN (SELECT owner FROM (${oldest(drop)}) o)`),
  ];
}

export interface DueHistoryRow {
  readonly position: number;
  readonly at: number;
  readonly chars: number;
}

export function oldHistory(names: Names, limit: number): SqlStatement<DueHistoryRow> {
  const parameters = new Parameters();
  return parameters.statement(
    `SELECT position, at, chars FROM ${names.history} ORDER BY position LIMIT ${parameters.add("bigint", limit)}`,
  );
}

/** It says how much went. */
export interface WentRow {
  readonly count: number;
  readonly chars: number;
}

const WENT = "SELECT count(*) AS count, coalesce(sum(chars), 0)::bigint AS chars FROM gone";

export function dropHistory(names: Names, upTo: number): SqlStatement<WentRow> {
  const parameters = new Parameters();
  return parameters.statement(`WITH gone AS (
  DELETE FROM ${names.history} WHERE position <= ${parameters.add("bigint", upTo)} RETURNING chars) ${WENT}`);
}

export function dropTombstones(names: Names, spaceId: number, limit: number): SqlStatement<WentRow> {
  const parameters = new Parameters();
  const space = parameters.add("bigint", spaceId);
  return parameters.statement(`WITH gone AS (
  DELETE FROM ${names.records} WHERE space_id = ${space} AND text IS NULL AND (collection, id) IN (
    SELECT r.collection, r.id FROM ${names.records} r JOIN ${names.spaces} s ON s.space_id = r.space_id
    WHERE r.space_id = ${space} AND r.text IS NULL AND r.version <= s.tombstone_floor
    LIMIT ${parameters.add("bigint", limit)})
  RETURNING 0 AS chars) ${WENT}`);
}

/** The space's own row goes first: a fold that is under way holds it, and none begins without it. */
export function dropSpace(names: Names, spaceId: number): SqlStatement<never> {
  const parameters = new Parameters();
  return parameters.statement(`DELETE FROM ${names.spaces} WHERE space_id = ${parameters.add("bigint", spaceId)}`);
}

/** These are the rows of an ended space, table by table. When nothing goes any more, the note that it ended may go. */
export function clearingStatements(
  names: Names,
  ended: { readonly id: number; readonly name: string; readonly creationId: string | null },
  limit: number,
): readonly SqlStatement<WentRow>[] {
  const clear = (make: (id: string, most: string, parameters: Parameters) => string) => {
    const parameters = new Parameters();
    const [id, most] = [parameters.add("bigint", ended.id), parameters.add("bigint", limit)];
    return parameters.statement<WentRow>(`WITH gone AS (${make(id, most, parameters)}) ${WENT}`);
  };
  const statements = [
    clear(
      (id, most) => `DELETE FROM ${names.records} WHERE space_id = ${id} AND (collection, id) IN (
        SELECT collection, id FROM ${names.records} WHERE space_id = ${id} LIMIT ${most}) RETURNING 0 AS chars`,
    ),
    clear(
      (id, most) => `DELETE FROM ${names.lineage} WHERE space_id = ${id} AND first_version IN (
        SELECT first_version FROM ${names.lineage} WHERE space_id = ${id} LIMIT ${most}) RETURNING 0 AS chars`,
    ),
  ];
  if (ended.creationId === null) return statements;
  const changes = clear(
    (id, most) => `UPDATE ${names.moves} SET changes = NULL WHERE (sequence, place) IN (
      SELECT sequence, place FROM ${names.moves} WHERE space_id = ${id} AND last_version >= first_version
      AND changes IS NOT NULL LIMIT ${most}) RETURNING 0 AS chars`,
  );
  return [...statements, changes];
}

/** The history of a creation goes with its space, where the space is not archived. */
export function dropHistoryOf(names: Names, space: string, creationId: string, limit: number): SqlStatement<WentRow> {
  const parameters = new Parameters();
  return parameters.statement(`WITH gone AS (
  DELETE FROM ${names.history} WHERE position IN (SELECT position FROM ${names.history}
    WHERE space = ${parameters.add("text", space)} AND creation_id = ${parameters.add("text", creationId)}
    LIMIT ${parameters.add("bigint", limit)}) RETURNING chars) ${WENT}`);
}

export function forgetEnded(names: Names, spaceId: number): SqlStatement<never> {
  const parameters = new Parameters();
  return parameters.statement(`DELETE FROM ${names.ended} WHERE space_id = ${parameters.add("bigint", spaceId)}`);
}
