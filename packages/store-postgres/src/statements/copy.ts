/** A copy reads all rows of the tables by these statements, page by page, and fills empty tables by the others. */

import {
  type ChainEntry,
  type CopiedExpiry,
  type CopiedSpace,
  type CopiedSpaces,
  type CopyStart,
  type LineageRow,
  PAGE_CHARS,
  PAGE_ROWS,
  type PointRow,
  type SpaceMove,
  type StoredAnswer,
  type StoredHistoryRow,
  sizeOfEntry,
  type TakeoverEntry,
} from "@neverstale/server/store";
import type { SqlStatement } from "../database.ts";
import type { Names } from "../names.ts";
import { ANSWER_COLUMNS, type Columns, HISTORY_COLUMNS, LINEAGE_COLUMNS, MOVE_COLUMNS, within } from "./columns.ts";
import { Parameters } from "./parameters.ts";
import { POINT_COLUMNS } from "./points.ts";
import type { AnswerTableRow, HistoryTableRow } from "./queries.ts";

/** It says whether anything is stored, and what the chain and the history go on from. */
export interface EndNumbersRow {
  readonly empty: boolean;
  readonly start: number;
  readonly position: number;
}

export function endNumbers(names: Names): SqlStatement<EndNumbersRow> {
  return {
    text: `SELECT k.start, coalesce((SELECT history_position FROM ${names.chain} ORDER BY sequence DESC LIMIT 1), 0) AS position,
  NOT EXISTS (SELECT 1 FROM ${names.chain}) AND NOT EXISTS (SELECT 1 FROM ${names.epochs}) AS empty
FROM ${names.kept} k`,
    values: [],
  };
}

/** The sign of life of a writer and of every node. It moves once a second as long as one of them lives. */
export function signsOfLife(names: Names): SqlStatement<{ readonly signs: string; readonly addresses: string | null }> {
  return {
    text: `SELECT concat_ws(' ', (SELECT max(sequence) FROM ${names.chain}), b.beat,
    (SELECT string_agg(id || ' ' || counter, ' ' ORDER BY id) FROM ${names.nodes})) AS signs,
  (SELECT string_agg(address, ', ' ORDER BY id) FROM ${names.nodes}) AS addresses
FROM ${names.beat} b`,
    values: [],
  };
}

export interface AnswerPageRow extends AnswerTableRow {
  readonly sequence: number;
  readonly place: number;
}

export function answersPage(names: Names, last: AnswerPageRow | null): SqlStatement<AnswerPageRow> {
  const parameters = new Parameters();
  const after = [parameters.add("bigint", last?.sequence ?? -1), parameters.add("integer", last?.place ?? -1)];
  return parameters.statement(
    page(
      `SELECT sequence, place, key, owner, made_at, body_hash, at, version, answer, chars FROM ${names.answers}
     WHERE (sequence, place) > (${after.join(", ")})`,
      "sequence, place",
    ),
  );
}

/** History that went with its space is not told of, though its rows may not be cleared away yet. */
export function historyPage(names: Names, after: number): SqlStatement<HistoryTableRow> {
  const parameters = new Parameters();
  return parameters.statement(
    page(
      `SELECT h.position, h.space, h.creation_id, h.collection, h.id, h.version, h.at, h.text, h.chars FROM ${names.history} h
     WHERE h.position > ${parameters.add("bigint", after)} AND NOT EXISTS (
       SELECT 1 FROM ${names.ended} e WHERE e.creation_id = h.creation_id AND e.name = h.space)`,
      "position",
    ),
  );
}

export function pointsPage(names: Names, last: PointRow | null): SqlStatement<PointRow> {
  const parameters = new Parameters();
  const after = [
    parameters.add("bigint", last?.step ?? -1),
    parameters.add("bigint", last?.at ?? -1),
    parameters.add("text", last?.series ?? ""),
  ];
  return parameters.statement(
    page(
      `SELECT step, at, series, text, length(text) AS chars FROM ${names.points} WHERE (step, at, series) > (${after.join(", ")})`,
      "step, at, series",
    ),
  );
}

/** It returns at least one row of `rows`, and no more than a page holds. */
function page(rows: string, order: string): string {
  return `SELECT * FROM (
  SELECT r.*, sum(chars) OVER (ORDER BY ${order}) - chars AS before FROM (${rows} ORDER BY ${order} LIMIT ${PAGE_ROWS}) r) p
WHERE before < ${PAGE_CHARS} ORDER BY ${order}`;
}

export function expiredRows(names: Names): SqlStatement<{ readonly owner: string | null; readonly made_at: number }> {
  return { text: `SELECT owner, made_at FROM ${names.expired} WHERE made_at >= 0 ORDER BY owner`, values: [] };
}

/** Until the end of the transaction nobody else writes an entry. A node that is about to begin waits, and finds the copy. */
export function lockChain(names: Names): SqlStatement<never> {
  return { text: `LOCK TABLE ${names.chain} IN SHARE ROW EXCLUSIVE MODE`, values: [] };
}

/** The epochs whose takeovers are gone from the chain are numbered before all that are in it. */
export function insertEpochs(names: Names, { epochs }: CopyStart): SqlStatement<never> {
  const rows = epochs.map((epoch, index) => ({ epoch, sequence: index - epochs.length }));
  return insertRows(names.epochs, rows, {
    epoch: { type: "text", of: ({ epoch }) => epoch },
    sequence: { type: "bigint", of: ({ sequence }) => sequence },
  });
}

/** A takeover's epoch is numbered by its entry. */
export function numberEpochs(names: Names, takeovers: readonly TakeoverEntry[]): SqlStatement<never> {
  const parameters = new Parameters();
  const source = parameters.rows(takeovers, [
    { type: "text", of: ({ term }) => term },
    { type: "bigint", of: ({ sequence }) => sequence },
  ]);
  return parameters.statement(
    `UPDATE ${names.epochs} e SET sequence = u.sequence FROM ${source} AS u(epoch, sequence) WHERE e.epoch = u.epoch`,
  );
}

export function setStart(names: Names, { trimmed }: CopyStart): SqlStatement<never> {
  const parameters = new Parameters();
  return parameters.statement(`UPDATE ${names.kept} SET start = ${parameters.add("bigint", trimmed)}`);
}

/** These counts run over the whole chain, from the first entry that is copied. */
export interface CopiedTotals {
  changes: number;
  chars: number;
}

export function insertEntries(
  names: Names,
  entries: readonly ChainEntry[],
  totals: CopiedTotals,
  position: number,
): SqlStatement<never> {
  const rows = entries.map((entry) => {
    const changes = movesOf(entry).reduce((sum, move) => sum + move.lastVersion - move.firstVersion + 1, 0);
    const chars = sizeOfEntry(entry);
    totals.changes += changes;
    totals.chars += chars;
    const takeover = entry.type === "takeover" ? entry : null;
    return { entry, takeover, changes, chars, total_changes: totals.changes, total_chars: totals.chars };
  });
  return insertRows(names.chain, rows, {
    sequence: { type: "bigint", of: ({ entry }) => entry.sequence },
    term: { type: "text", of: ({ entry }) => entry.term },
    term_before: { type: "text", of: ({ entry }) => entry.termBefore },
    at: { type: "double precision", of: ({ entry }) => entry.at },
    age_at: { type: "double precision", of: ({ entry }) => entry.ageAt },
    address: { type: "text", of: ({ takeover }) => takeover?.address ?? null },
    model: { type: "bigint", of: ({ takeover }) => takeover?.model ?? null },
    changes: { type: "bigint", of: ({ changes }) => changes },
    chars: { type: "bigint", of: ({ chars }) => chars },
    total_changes: { type: "bigint", of: (row) => row.total_changes },
    total_chars: { type: "bigint", of: (row) => row.total_chars },
    history_position: { type: "bigint", of: () => position },
    next_space_id: { type: "bigint", of: () => 1 },
  });
}

function movesOf(entry: ChainEntry): readonly SpaceMove[] {
  return entry.type === "group" ? entry.spaces : [];
}

export function insertMoves(names: Names, entries: readonly ChainEntry[], ids: CopiedSpaces): SqlStatement<never> {
  const rows = entries.flatMap((entry) => {
    if (entry.type === "takeover") return [];
    const { sequence } = entry;
    return entry.spaces.map((move, index) => ({ sequence, place: index + 1, id: ids.move(move), move }));
  });
  return insertRows(names.moves, rows, {
    sequence: { type: "bigint", of: ({ sequence }) => sequence },
    place: { type: "integer", of: ({ place }) => place },
    space_id: { type: "bigint", of: ({ id }) => id },
    ...within(MOVE_COLUMNS, ({ move }: (typeof rows)[number]) => move),
    changes: { type: "text", of: ({ move }) => move.changes },
  });
}

/** The numbers of spaces are known once the chain and the spaces are copied. */
export function setNextSpace(names: Names, next: number): SqlStatement<never> {
  const parameters = new Parameters();
  return parameters.statement(`UPDATE ${names.chain} SET next_space_id = ${parameters.add("bigint", next)}
WHERE sequence = (SELECT max(sequence) FROM ${names.chain})`);
}

export function insertSpace(names: Names, id: number, space: CopiedSpace): SqlStatement<never> {
  return insertRows(names.spaces, [space], {
    space_id: { type: "bigint", of: () => id },
    name: { type: "text", of: ({ name }) => name },
    creation_id: { type: "text", of: ({ creationId }) => creationId },
    folded_version: { type: "bigint", of: ({ foldedVersion }) => foldedVersion },
    tombstone_floor: { type: "bigint", of: ({ tombstoneFloor }) => tombstoneFloor },
    digest: { type: "text", of: ({ digest }) => digest?.digest ?? null },
  });
}

export function insertLineage(names: Names, id: number, rows: readonly LineageRow[]): SqlStatement<never> {
  return insertRows(names.lineage, rows, {
    space_id: { type: "bigint", of: () => id },
    ...LINEAGE_COLUMNS,
  });
}

/** The answers come in the order in which they were given. `before` were copied already. */
export function insertAnswers(names: Names, answers: readonly StoredAnswer[], before: number): SqlStatement<never> {
  const rows = answers.map((answer, index) => ({ answer, place: before + index }));
  return insertRows(names.answers, rows, {
    ...within(ANSWER_COLUMNS, ({ answer }: (typeof rows)[number]) => answer),
    sequence: { type: "bigint", of: () => 0 },
    place: { type: "integer", of: ({ place }) => place },
  });
}

export function insertExpired(names: Names, expired: readonly CopiedExpiry[]): SqlStatement<never> {
  const parameters = new Parameters();
  const source = parameters.rows(expired, [
    { type: "text", of: ({ owner }) => owner },
    { type: "double precision", of: ({ madeAt }) => madeAt },
  ]);
  return parameters.statement(`WITH told AS (SELECT * FROM ${source} AS u(owner, made_at)),
everybody AS (UPDATE ${names.expired} x SET made_at = told.made_at FROM told WHERE told.owner IS NULL AND x.owner IS NULL)
INSERT INTO ${names.expired} (owner, made_at) SELECT owner, made_at FROM told WHERE owner IS NOT NULL`);
}

export function insertHistory(names: Names, history: readonly StoredHistoryRow[]): SqlStatement<never> {
  return insertRows(names.history, history, {
    position: { type: "bigint", of: ({ position }) => position },
    ...HISTORY_COLUMNS,
  });
}

export function insertPoints(names: Names, points: readonly PointRow[]): SqlStatement<never> {
  return insertRows(names.points, points, POINT_COLUMNS);
}

function insertRows<Row>(table: string, rows: readonly Row[], columns: Columns<Row>): SqlStatement<never> {
  const parameters = new Parameters();
  const source = parameters.rows(rows, Object.values(columns));
  return parameters.statement(`INSERT INTO ${table} (${Object.keys(columns).join(", ")}) SELECT * FROM ${source}`);
}
