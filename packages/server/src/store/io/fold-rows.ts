import type { DatabaseSync, StatementSync } from "node:sqlite";
import { SortedRuns } from "../sorted-runs.ts";

/** A record, or with `text` null a tombstone: collection, id, version, text. */
export type FoldRow = readonly [collection: string, id: string, version: number, text: string | null];

/** What is written together with the last row of a fold. */
export interface FoldEnd {
  readonly version: number;
  readonly tombstoneFloor: number;
  readonly digest: string | null;
}

export interface SliceWritten {
  readonly rows: number;
  /** Whether the fold has ended with it. */
  readonly last: boolean;
}

/** So few are written in one transaction, whatever the budget: that is cheaper than to be able to take them back. */
const ROWS_AT_ONCE = 256;
/** The clock is looked at once in so many rows. */
const ROWS_PER_LOOK = 16;

/**
 * The rows of one fold on their way into the tables, a slice at a time. A fold of several slices notes what it replaces,
 * so that one that a crash cuts short is taken back by `undoFolds`: it never happened.
 */
export class FoldRows {
  readonly #putRecord: StatementSync;
  readonly #dropRecord: StatementSync;
  readonly #putTombstone: StatementSync;
  readonly #dropTombstone: StatementSync;
  readonly #noteRecord: StatementSync;
  readonly #noteTombstone: StatementSync;
  readonly #noteNothing: StatementSync;
  readonly #space: StatementSync;
  readonly #lastGroup: StatementSync;
  readonly #end: StatementSync;
  /** In the order of the tables: rows that share a page are written together. */
  #rows = new SortedRuns(inOrderOfTable);
  #count = 0;

  constructor(db: DatabaseSync) {
    const byId = "WHERE space_id = ?1 AND collection = ?2 AND id = ?3";
    const note = "INSERT INTO fold_undo (space_id, target, collection, id, version, text)";
    this.#putRecord = db.prepare(
      "REPLACE INTO records (space_id, collection, id, version, text) VALUES (?, ?, ?, ?, ?)",
    );
    this.#dropRecord = db.prepare(`DELETE FROM records ${byId}`);
    this.#putTombstone = db.prepare("REPLACE INTO tombstones (space_id, collection, id, version) VALUES (?, ?, ?, ?)");
    this.#dropTombstone = db.prepare(`DELETE FROM tombstones ${byId}`);
    this.#noteRecord = db.prepare(`${note} SELECT ?1, ?4, ?2, ?3, version, text FROM records ${byId}`);
    this.#noteTombstone = db.prepare(`${note} SELECT ?1, ?4, ?2, ?3, version, NULL FROM tombstones ${byId}`);
    this.#noteNothing = db.prepare(`${note} VALUES (?1, ?4, ?2, ?3, NULL, NULL)`);
    this.#space = db.prepare("SELECT folded_version, tombstone_floor FROM spaces WHERE space_id = ?");
    this.#lastGroup = db.prepare(
      "SELECT last_version FROM log WHERE space_id = ? AND first_version <= ? ORDER BY first_version DESC LIMIT 1",
    );
    this.#end = db.prepare("UPDATE spaces SET folded_version = ?, tombstone_floor = ?, digest = ? WHERE space_id = ?");
  }

  take(rows: readonly FoldRow[]): void {
    this.#rows.add(rows);
    this.#count += rows.length;
  }

  drop(): void {
    this.#rows = new SortedRuns(inOrderOfTable);
    this.#count = 0;
  }

  /**
   * Inside the caller's transaction: rows for about `budgetMs`, and with the last of them what ends the fold. The caller drops the rows when the transaction that ends the fold has been committed, or failed.
   */
  write(spaceId: number, end: FoldEnd, budgetMs: number): SliceWritten {
    const atOnce = this.#count <= ROWS_AT_ONCE;
    const until = performance.now() + budgetMs;
    let rows = 0;
    for (let row = this.#rows.take(); row !== null; row = this.#rows.take()) {
      if (!atOnce) this.#note(spaceId, row, end.version);
      this.#put(spaceId, row);
      rows += 1;
      if (!atOnce && rows % ROWS_PER_LOOK === 0 && performance.now() >= until) break;
    }
    const last = this.#rows.size === 0;
    if (last) this.#finish(spaceId, end);
    return { rows, last };
  }

  #put(spaceId: number, [collection, id, version, text]: FoldRow): void {
    if (text === null) {
      this.#dropRecord.run(spaceId, collection, id);
      this.#putTombstone.run(spaceId, collection, id, version);
    } else {
      this.#dropTombstone.run(spaceId, collection, id);
      this.#putRecord.run(spaceId, collection, id, version, text);
    }
  }

  #note(spaceId: number, [collection, id]: FoldRow, target: number): void {
    if (this.#noteRecord.run(spaceId, collection, id, target).changes !== 0) return;
    if (this.#noteTombstone.run(spaceId, collection, id, target).changes !== 0) return;
    this.#noteNothing.run(spaceId, collection, id, target);
  }

  #finish(spaceId: number, { version, tombstoneFloor, digest }: FoldEnd): void {
    const space = this.#space.get(spaceId) as { folded_version: number; tombstone_floor: number };
    const group = this.#lastGroup.get(spaceId, version) as { last_version: number } | undefined;
    const onward = version >= space.folded_version && tombstoneFloor >= space.tombstone_floor;
    if (!onward || (group !== undefined && group.last_version > version)) {
      throw new Error(`a fold to version ${version} (floor ${tombstoneFloor}) goes back, or cuts a group in two`);
    }
    this.#end.run(version, tombstoneFloor, digest, spaceId);
  }
}

function inOrderOfTable(a: FoldRow, b: FoldRow): number {
  if (a[0] !== b[0]) return a[0] < b[0] ? -1 : 1;
  if (a[1] === b[1]) return 0;
  return a[1] < b[1] ? -1 : 1;
}

/** Takes back, inside the caller's transaction, what folds that were cut short have written: newest first. */
export function undoFolds(db: DatabaseSync): void {
  const dropRecord = db.prepare("DELETE FROM records WHERE space_id = ? AND collection = ? AND id = ?");
  const dropTombstone = db.prepare("DELETE FROM tombstones WHERE space_id = ? AND collection = ? AND id = ?");
  const putRecord = db.prepare("INSERT INTO records (space_id, collection, id, version, text) VALUES (?, ?, ?, ?, ?)");
  const putTombstone = db.prepare("INSERT INTO tombstones (space_id, collection, id, version) VALUES (?, ?, ?, ?)");
  const rows = db.prepare(`
    SELECT fold_undo.* FROM fold_undo JOIN spaces USING (space_id) WHERE target > folded_version ORDER BY undo_id DESC`);
  for (const { space_id, collection, id, version, text } of rows.all() as unknown as UndoRow[]) {
    dropRecord.run(space_id, collection, id);
    dropTombstone.run(space_id, collection, id);
    if (text !== null) putRecord.run(space_id, collection, id, version, text);
    else if (version !== null) putTombstone.run(space_id, collection, id, version);
  }
  db.exec("DELETE FROM fold_undo");
}

interface UndoRow {
  readonly space_id: number;
  readonly collection: string;
  readonly id: string;
  readonly version: number | null;
  readonly text: string | null;
}
