import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { Retention } from "../contract.ts";

export interface TrimLimits extends Retention {
  /** Of the newest commit. */
  readonly now: number;
  /** Changes logged so far. */
  readonly total: number;
  /** The space that was folded last: its tombstones are looked at. */
  readonly spaceId: number | null;
}

/** One deletion, to be run inside a transaction. */
type Step = () => void;

/** At most so much is deleted in one step, so that it holds the write lock for milliseconds. */
const ROWS_PER_STEP = 128;
const BYTES_PER_STEP = 1_000_000;

/** Finds what has outlived its retention, oldest first, and how to delete the next bit of it. */
export class Trimmer {
  readonly #db: DatabaseSync;
  readonly #oldestLog: StatementSync;
  readonly #dropLog: StatementSync;
  readonly #oldestUndo: StatementSync;
  readonly #dropUndo: StatementSync;
  readonly #oldTombstone: StatementSync;
  readonly #endedSpace: StatementSync;

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#oldestLog = db.prepare(`
      SELECT sequence, last_version - first_version + 1 AS count, at, total, octet_length(changes) AS bytes,
             spaces.space_id IS NULL OR last_version <= folded_version AS folded
      FROM log LEFT JOIN spaces USING (space_id) ORDER BY sequence LIMIT ${ROWS_PER_STEP}`);
    this.#dropLog = db.prepare("DELETE FROM log WHERE sequence <= ?");
    this.#oldestUndo = db.prepare(`
      SELECT undo_id, spaces.space_id NOT NULL AND target > folded_version AS needed
      FROM fold_undo LEFT JOIN spaces USING (space_id) ORDER BY undo_id LIMIT ${ROWS_PER_STEP}`);
    this.#dropUndo = db.prepare("DELETE FROM fold_undo WHERE undo_id <= ?");
    this.#oldTombstone = db.prepare(`
      SELECT tombstone_floor AS floor FROM spaces JOIN tombstones USING (space_id)
      WHERE space_id = ? AND version <= tombstone_floor LIMIT 1`);
    this.#endedSpace = db.prepare("SELECT space_id AS id FROM ended_spaces LIMIT 1");
  }

  /** Null when nothing is due. */
  next(limits: TrimLimits): Step | null {
    return (
      this.#logStep(limits) ??
      this.#queueStep("idempotency", "answer_id", limits.answers, limits.now - limits.answerAgeMs) ??
      this.#queueStep("history", "history_id", limits.historyRows, limits.now - limits.historyAgeMs) ??
      this.#undoStep() ??
      this.#tombstoneStep(limits.spaceId) ??
      this.#endedStep()
    );
  }

  /** Whole groups, from the oldest on; one that is not folded yet ends it. */
  #logStep({ now, total, logAgeMs, logChanges }: TrimLimits): Step | null {
    let last: number | null = null;
    let bytes = 0;
    for (const row of this.#oldestLog.iterate() as Iterable<OldestLogRow>) {
      const due = now - row.at > logAgeMs || total - row.total + row.count > logChanges;
      if (!due || row.folded === 0 || bytes > BYTES_PER_STEP) break;
      last = row.sequence;
      bytes += row.bytes;
    }
    return last === null ? null : () => this.#dropLog.run(last);
  }

  /** Of a table whose ids rise with time. */
  #queueStep(table: string, id: string, most: number, oldestAt: number): Step | null {
    const newest = this.#number(`SELECT max(${id}) AS value FROM ${table}`);
    if (newest === null) return null;
    const rows = this.#prepared(
      `SELECT ${id} AS id, at FROM ${table} ORDER BY ${id} LIMIT ${ROWS_PER_STEP}`,
    ).all() as unknown as QueueRow[];
    const kept = rows.findIndex((row) => row.at >= oldestAt && newest - row.id < most);
    const last = rows[kept < 0 ? rows.length - 1 : kept - 1];
    return last === undefined ? null : () => this.#prepared(`DELETE FROM ${table} WHERE ${id} <= ?`).run(last.id);
  }

  /** What folds that have ended would have needed if they had not. */
  #undoStep(): Step | null {
    const rows = this.#oldestUndo.all() as unknown as { undo_id: number; needed: 0 | 1 }[];
    const kept = rows.findIndex((row) => row.needed === 1);
    const last = rows[kept < 0 ? rows.length - 1 : kept - 1];
    return last === undefined ? null : () => this.#dropUndo.run(last.undo_id);
  }

  #tombstoneStep(spaceId: number | null): Step | null {
    const space = this.#oldTombstone.get(spaceId) as { floor: number } | undefined;
    if (space === undefined) return null;
    const some = `SELECT collection, id FROM tombstones WHERE space_id = ?1 AND version <= ?2 LIMIT ${ROWS_PER_STEP}`;
    const drop = this.#prepared(`DELETE FROM tombstones WHERE space_id = ?1 AND (collection, id) IN (${some})`);
    return () => drop.run(spaceId, space.floor);
  }

  /** What an ended space leaves behind, table by table; at last, that it ended. */
  #endedStep(): Step | null {
    const space = this.#endedSpace.get() as { id: number } | undefined;
    if (space === undefined) return null;
    return () => {
      const drops = ["records", "tombstones"].map((table) => {
        const some = `SELECT collection, id FROM ${table} WHERE space_id = ?1 LIMIT ${ROWS_PER_STEP}`;
        return `DELETE FROM ${table} WHERE space_id = ?1 AND (collection, id) IN (${some})`;
      });
      const someLog = `SELECT sequence FROM log WHERE space_id = ?1 ORDER BY first_version LIMIT ${ROWS_PER_STEP}`;
      drops.push(`DELETE FROM log WHERE sequence IN (${someLog})`, "DELETE FROM lineage WHERE space_id = ?1");
      for (const drop of drops) if (Number(this.#prepared(drop).run(space.id).changes) > 0) return;
      this.#prepared("DELETE FROM ended_spaces WHERE space_id = ?1").run(space.id);
    };
  }

  readonly #statements = new Map<string, StatementSync>();

  #prepared(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#db.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #number(sql: string): number | null {
    return (this.#prepared(sql).get() as { value: number | null }).value;
  }
}

interface OldestLogRow {
  readonly sequence: number;
  readonly count: number;
  readonly at: number;
  readonly total: number;
  readonly bytes: number;
  readonly folded: 0 | 1;
}

interface QueueRow {
  readonly id: number;
  readonly at: number;
}
