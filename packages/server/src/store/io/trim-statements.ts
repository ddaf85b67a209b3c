import type { DatabaseSync } from "node:sqlite";
import type { FoldedSpace, OldLogRow, OldRow, OldUndoRow, Queue, TrimTables } from "../tables.ts";
import { SPACE } from "./fold-statements.ts";
import { Prepared } from "./prepared.ts";

/** Table and id of each queue. */
const QUEUES = {
  answers: ["idempotency", "answer_id"],
  history: ["history", "history_id"],
  undo: ["fold_undo", "undo_id"],
} as const;

export class TrimStatements implements TrimTables {
  readonly #statements: Prepared;

  constructor(db: DatabaseSync) {
    this.#statements = new Prepared(db);
  }

  space(spaceId: number): FoldedSpace | null {
    return (this.#statements.get(SPACE).get(spaceId) as FoldedSpace | undefined) ?? null;
  }

  oldestLog(limit: number): Iterable<OldLogRow> {
    const rows = this.#statements
      .get(`
      SELECT sequence, space_id AS spaceId, first_version AS firstVersion, last_version AS lastVersion, at, total,
        octet_length(changes) AS bytes
      FROM log ORDER BY sequence LIMIT ?`)
      .iterate(limit);
    return rows as Iterable<unknown> as Iterable<OldLogRow>;
  }

  dropLog(upToSequence: number): void {
    this.#statements.get("DELETE FROM log WHERE sequence <= ?").run(upToSequence);
  }

  oldest(queue: "answers" | "history", limit: number): OldRow[] {
    const [table, id] = QUEUES[queue];
    return this.#statements
      .get(`SELECT ${id} AS id, at FROM ${table} ORDER BY ${id} LIMIT ?`)
      .all(limit) as unknown as OldRow[];
  }

  newestId(queue: "answers" | "history"): number | null {
    const [table, id] = QUEUES[queue];
    return (this.#statements.get(`SELECT max(${id}) AS value FROM ${table}`).get() as { value: number | null }).value;
  }

  oldestUndo(limit: number): OldUndoRow[] {
    const rows = this.#statements
      .get("SELECT undo_id AS id, space_id AS spaceId, target FROM fold_undo ORDER BY undo_id LIMIT ?")
      .all(limit);
    return rows as unknown as OldUndoRow[];
  }

  drop(queue: Queue, upToId: number): void {
    const [table, id] = QUEUES[queue];
    this.#statements.get(`DELETE FROM ${table} WHERE ${id} <= ?`).run(upToId);
  }

  hasTombstones(spaceId: number, floor: number): boolean {
    const some = "SELECT 1 FROM tombstones WHERE space_id = ? AND version <= ? LIMIT 1";
    return this.#statements.get(some).get(spaceId, floor) !== undefined;
  }

  dropTombstones(spaceId: number, floor: number, limit: number): void {
    const some = "SELECT collection, id FROM tombstones WHERE space_id = ?1 AND version <= ?2 LIMIT ?3";
    const drop = `DELETE FROM tombstones WHERE space_id = ?1 AND (collection, id) IN (${some})`;
    this.#statements.get(drop).run(spaceId, floor, limit);
  }

  endedSpace(): number | null {
    const row = this.#statements.get("SELECT space_id AS id FROM ended_spaces LIMIT 1").get();
    return row === undefined ? null : Number(row.id);
  }

  dropOfEnded(table: "records" | "tombstones" | "log" | "lineage", spaceId: number, limit: number): number {
    return Number(this.#statements.get(DROPS_OF_ENDED[table]).run(spaceId, limit).changes);
  }

  forgetEnded(spaceId: number): void {
    this.#statements.get("DELETE FROM ended_spaces WHERE space_id = ?").run(spaceId);
  }
}

const dropOfTree = (table: string, key: string) => `
  DELETE FROM ${table} WHERE space_id = ?1 AND (${key}) IN (SELECT ${key} FROM ${table} WHERE space_id = ?1 LIMIT ?2)`;

const DROPS_OF_ENDED = {
  records: dropOfTree("records", "collection, id"),
  tombstones: dropOfTree("tombstones", "collection, id"),
  lineage: dropOfTree("lineage", "first_version"),
  log: "DELETE FROM log WHERE sequence IN (SELECT sequence FROM log WHERE space_id = ?1 ORDER BY first_version LIMIT ?2)",
} as const;
