/** The trim statements find and delete what has outlived its retention. */

import type { DatabaseSync } from "node:sqlite";
import type { EndedSpace, HistoryOf } from "@neverstale/server/store";
import type {
  EndedNameRow,
  FoldedSpace,
  OldAnswerRow,
  OldHistoryRow,
  OldLogRow,
  OldUndoRow,
  TableCounts,
  TrimTables,
} from "../../sliced/tables.ts";
import { SPACE } from "./fold-statements.ts";
import { Prepared } from "./prepared.ts";

export class TrimStatements implements TrimTables {
  readonly #statements: Prepared;

  constructor(db: DatabaseSync) {
    this.#statements = new Prepared(db);
  }

  space(spaceId: number): FoldedSpace | null {
    return (this.#statements.get(SPACE).get(spaceId) as FoldedSpace | undefined) ?? null;
  }

  oldestLog(limit: number): Iterable<OldLogRow> {
    return this.#rows(
      `SELECT sequence, space_id AS spaceId, first_version AS firstVersion, last_version AS lastVersion,
         coalesce(age_at, at) AS ageAt, total, coalesce(chars, 0) AS chars, octet_length(changes) AS bytes, coalesce(entry, 0) AS entry
       FROM log ORDER BY sequence LIMIT ?`,
      limit,
    );
  }

  dropLog(upToSequence: number): number {
    return this.#run("DELETE FROM log WHERE sequence <= ?", upToSequence);
  }

  chainStart(): number {
    return Number(this.#statements.get(CHAIN_START).get()?.entry);
  }

  raiseChainStart(entry: number): void {
    this.#run("UPDATE dropped SET entry = max(entry, ?)", entry);
  }

  hasEntries(upToEntry: number, takeover: number): boolean {
    const some = "SELECT 1 FROM chain WHERE sequence <= ? AND sequence <> ? LIMIT 1";
    return this.#statements.get(some).get(upToEntry, takeover) !== undefined;
  }

  dropEntries(upToEntry: number, takeover: number, limit: number): number {
    const some = "SELECT sequence FROM chain WHERE sequence <= ? AND sequence <> ? ORDER BY sequence LIMIT ?";
    return this.#run(`DELETE FROM chain WHERE sequence IN (${some})`, upToEntry, takeover, limit);
  }

  /** Positions are without a hole. Entries and log rows name epochs in the order in which those began. */
  epochsBeyond(most: number): number {
    const range = "SELECT min(position) AS oldest, max(position) AS newest FROM epochs";
    const { oldest, newest } = this.#statements.get(range).get() as { oldest: number | null; newest: number | null };
    if (oldest === null || newest === null || newest - oldest < most) return 0;
    const named = this.#statements.get(`SELECT min(term) AS term FROM (
      SELECT * FROM (SELECT coalesce(term_before, term) AS term FROM chain ORDER BY sequence LIMIT 1)
      UNION ALL SELECT * FROM (SELECT term FROM log WHERE term NOT NULL ORDER BY sequence LIMIT 1))`);
    const { term } = named.get() as { term: number | null };
    return Math.max(0, Math.min(newest - most + 1, term ?? newest) - oldest);
  }

  dropEpochs(count: number): number {
    const oldest = "SELECT epoch FROM epochs ORDER BY position LIMIT ?";
    const rows = this.#run(`DELETE FROM lineage WHERE epoch IN (${oldest})`, count);
    return rows + this.#run(`DELETE FROM epochs WHERE epoch IN (${oldest})`, count);
  }

  oldestEndedNames(limit: number): Iterable<EndedNameRow> {
    return this.#rows("SELECT place, last_log AS lastLog FROM ended_names ORDER BY place LIMIT ?", limit);
  }

  dropEndedNames(upToPlace: number): number {
    return this.#run("DELETE FROM ended_names WHERE place <= ?", upToPlace);
  }

  oldestHistory(limit: number): Iterable<OldHistoryRow> {
    return this.#rows(
      `SELECT history_id AS position, at, coalesce(chars, 0) AS chars, octet_length(text) AS bytes
       FROM history ORDER BY history_id LIMIT ?`,
      limit,
    );
  }

  dropHistory(upToPosition: number): number {
    this.#run(
      `UPDATE dropped SET position = ?,
         chars = coalesce((SELECT chars FROM history WHERE history_id <= ? ORDER BY history_id DESC LIMIT 1), 0)
       WHERE position < ?`,
      upToPosition,
      upToPosition,
      upToPosition,
    );
    return this.#run("DELETE FROM history WHERE history_id <= ?", upToPosition);
  }

  oldestAnswers(owner: string | null, limit: number): Iterable<OldAnswerRow> {
    const columns = "SELECT answer_id AS id, owner, at, made_at AS madeAt, chars FROM idempotency";
    if (owner === null) return this.#rows(`${columns} ORDER BY answer_id LIMIT ?`, limit);
    return this.#rows(`${columns} WHERE owner = ? ORDER BY answer_id LIMIT ?`, owner, limit);
  }

  dropAnswer(id: number): void {
    this.#run("DELETE FROM idempotency WHERE answer_id = ?", id);
  }

  raiseExpired(owner: string | null, madeAt: number): void {
    if (owner === null) this.#run("UPDATE expired_keys SET made_at = max(made_at, ?) WHERE owner IS NULL", madeAt);
    else
      this.#run(
        "INSERT INTO expired_keys VALUES (?, ?) ON CONFLICT (owner) DO UPDATE SET made_at = max(made_at, excluded.made_at)",
        owner,
        madeAt,
      );
  }

  expiredOwners(): number {
    return Number(this.#statements.get("SELECT count(owner) AS count FROM expired_keys").get()?.count);
  }

  oldestExpired(): { readonly owner: string; readonly madeAt: number } | null {
    const oldest = "SELECT owner, made_at AS madeAt FROM expired_keys WHERE owner NOT NULL ORDER BY made_at LIMIT 1";
    return (this.#statements.get(oldest).get() as { owner: string; madeAt: number } | undefined) ?? null;
  }

  dropExpired(owner: string): void {
    this.#run("DELETE FROM expired_keys WHERE owner = ?", owner);
  }

  oldestUndo(afterId: number, limit: number): Iterable<OldUndoRow> {
    return this.#rows(
      `SELECT undo_id AS id, space_id AS spaceId, target, coalesce(octet_length(text), 0) AS bytes
       FROM fold_undo WHERE undo_id > ? ORDER BY undo_id LIMIT ?`,
      afterId,
      limit,
    );
  }

  dropUndo(fromId: number, toId: number): number {
    return this.#run("DELETE FROM fold_undo WHERE undo_id BETWEEN ? AND ?", fromId, toId);
  }

  hasTombstones(spaceId: number, floor: number): boolean {
    const some = "SELECT 1 FROM tombstones WHERE space_id = ? AND version <= ? LIMIT 1";
    return this.#statements.get(some).get(spaceId, floor) !== undefined;
  }

  dropTombstones(spaceId: number, floor: number, limit: number): number {
    const some = "SELECT collection, id FROM tombstones WHERE space_id = ? AND version <= ? LIMIT ?";
    const drop = `DELETE FROM tombstones WHERE space_id = ? AND (collection, id) IN (${some})`;
    return this.#run(drop, spaceId, spaceId, floor, limit);
  }

  endedSpace(): Pick<EndedSpace, "id" | "history"> | null {
    const some =
      "SELECT space_id AS id, history_space AS space, history_creation AS creationId FROM ended_spaces LIMIT 1";
    const row = this.#statements.get(some).get() as
      | { id: number; space: string | null; creationId: string | null }
      | undefined;
    if (row === undefined) return null;
    const { id, space, creationId } = row;
    return { id, history: space === null || creationId === null ? null : { space, creationId } };
  }

  dropOfEnded(table: "records" | "tombstones" | "lineage", spaceId: number, limit: number): number {
    return this.#run(DROPS_OF_ENDED[table], spaceId, spaceId, limit);
  }

  dropChangesOf(spaceId: number, limit: number): number {
    const some = "SELECT sequence FROM log WHERE space_id = ? AND octet_length(changes) > 0 LIMIT ?";
    return this.#run(`UPDATE log SET changes = '' WHERE sequence IN (${some})`, spaceId, limit);
  }

  dropHistoryOf({ space, creationId }: HistoryOf, limit: number): number {
    this.#keepNewestPosition();
    const some = "SELECT history_id FROM history WHERE space = ? AND creation_id = ? LIMIT ?";
    return this.#run(`DELETE FROM history WHERE history_id IN (${some})`, space, creationId, limit);
  }

  dropHistoryAt(positions: readonly number[]): number {
    this.#keepNewestPosition();
    const at = "SELECT value FROM json_each(?)";
    return this.#run(`DELETE FROM history WHERE history_id IN (${at})`, JSON.stringify(positions));
  }

  /** The newest row may go, and its position is not given out again. */
  #keepNewestPosition(): void {
    this.#run(
      `UPDATE dropped SET (position, chars) =
         (SELECT history_id, coalesce(chars, 0) FROM history ORDER BY history_id DESC LIMIT 1)
       WHERE position < (SELECT max(history_id) FROM history)`,
    );
  }

  forgetEnded(spaceId: number): void {
    this.#run("DELETE FROM ended_spaces WHERE space_id = ?", spaceId);
  }

  counts(): TableCounts {
    const count = (table: string) => `(SELECT count(*) FROM ${table})`;
    const sql = `SELECT ${count("fold_undo")} AS undo, ${count("tombstones")} AS tombstones, ${count("ended_spaces")} AS endedSpaces,
      ${count("ended_names")} AS endedNames`;
    return { ...(this.#statements.get(sql).get() as unknown as TableCounts) };
  }

  #rows<Row>(sql: string, ...values: readonly (string | number)[]): Iterable<Row> {
    return this.#statements.get(sql).iterate(...values) as Iterable<unknown> as Iterable<Row>;
  }

  #run(sql: string, ...values: readonly (string | number)[]): number {
    return Number(this.#statements.get(sql).run(...values).changes);
  }
}

export const CHAIN_START = "SELECT entry FROM dropped";

const dropOfTree = (table: string, key: string) => `
  DELETE FROM ${table} WHERE space_id = ? AND (${key}) IN (SELECT ${key} FROM ${table} WHERE space_id = ? LIMIT ?)`;

const DROPS_OF_ENDED = {
  records: dropOfTree("records", "collection, id"),
  tombstones: dropOfTree("tombstones", "collection, id"),
  lineage: dropOfTree("lineage", "first_version"),
} as const;
