/** The fold statements write the rows of a fold, and note what they replace. */

import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { StoredRecord, StoredTombstone } from "@neverstale/server/store";
import type { FoldEnd, FoldedSpace, FoldTables, UndoRow } from "../../sliced/tables.ts";

export class FoldStatements implements FoldTables {
  readonly #space: StatementSync;
  readonly #endOfGroup: StatementSync;
  readonly #putRecord: StatementSync;
  readonly #dropRecord: StatementSync;
  readonly #putTombstone: StatementSync;
  readonly #dropTombstone: StatementSync;
  readonly #noteRecord: StatementSync;
  readonly #noteTombstone: StatementSync;
  readonly #noteNothing: StatementSync;
  readonly #end: StatementSync;
  readonly #undoRows: StatementSync;
  readonly #clearUndo: StatementSync;

  constructor(db: DatabaseSync) {
    const byId = "WHERE space_id = ? AND collection = ? AND id = ?";
    const note = "INSERT INTO fold_undo (space_id, target, collection, id, version, text)";
    this.#space = db.prepare(SPACE);
    this.#endOfGroup = db.prepare(
      "SELECT last_version AS value FROM log WHERE space_id = ? AND first_version <= ? ORDER BY first_version DESC LIMIT 1",
    );
    this.#putRecord = db.prepare(
      "REPLACE INTO records (space_id, collection, id, version, text) VALUES (?, ?, ?, ?, ?)",
    );
    this.#dropRecord = db.prepare(`DELETE FROM records ${byId}`);
    this.#putTombstone = db.prepare("REPLACE INTO tombstones (space_id, collection, id, version) VALUES (?, ?, ?, ?)");
    this.#dropTombstone = db.prepare(`DELETE FROM tombstones ${byId}`);
    this.#noteRecord = db.prepare(`${note} SELECT ?, ?, ?, ?, version, text FROM records ${byId}`);
    this.#noteTombstone = db.prepare(`${note} SELECT ?, ?, ?, ?, version, NULL FROM tombstones ${byId}`);
    this.#noteNothing = db.prepare(`${note} VALUES (?, ?, ?, ?, NULL, NULL)`);
    this.#end = db.prepare("UPDATE spaces SET folded_version = ?, tombstone_floor = ?, digest = ? WHERE space_id = ?");
    this.#undoRows = db.prepare(`
      SELECT space_id AS spaceId, target, collection, id, version, text FROM fold_undo ORDER BY undo_id DESC`);
    this.#clearUndo = db.prepare("DELETE FROM fold_undo");
  }

  space(spaceId: number): FoldedSpace | null {
    return (this.#space.get(spaceId) as FoldedSpace | undefined) ?? null;
  }

  endOfGroup(spaceId: number, version: number): number | null {
    return (this.#endOfGroup.get(spaceId, version) as { value: number } | undefined)?.value ?? null;
  }

  putRecord(spaceId: number, { collection, id, version, text }: StoredRecord): void {
    this.#putRecord.run(spaceId, collection, id, version, text);
  }

  dropRecord(spaceId: number, collection: string, id: string): void {
    this.#dropRecord.run(spaceId, collection, id);
  }

  putTombstone(spaceId: number, { collection, id, version }: StoredTombstone): void {
    this.#putTombstone.run(spaceId, collection, id, version);
  }

  dropTombstone(spaceId: number, collection: string, id: string): void {
    this.#dropTombstone.run(spaceId, collection, id);
  }

  noteUndo(spaceId: number, target: number, collection: string, id: string): void {
    const noted = [spaceId, target, collection, id] as const;
    const byId = [spaceId, collection, id] as const;
    if (this.#noteRecord.run(...noted, ...byId).changes !== 0) return;
    if (this.#noteTombstone.run(...noted, ...byId).changes !== 0) return;
    this.#noteNothing.run(...noted);
  }

  endFold(spaceId: number, { version, tombstoneFloor, digest }: FoldEnd): void {
    this.#end.run(version, tombstoneFloor, digest, spaceId);
  }

  undoRows(): Iterable<UndoRow> {
    return this.#undoRows.iterate() as Iterable<unknown> as Iterable<UndoRow>;
  }

  clearUndo(): void {
    this.#clearUndo.run();
  }
}

export const SPACE = `
  SELECT folded_version AS foldedVersion, tombstone_floor AS tombstoneFloor FROM spaces WHERE space_id = ?`;
