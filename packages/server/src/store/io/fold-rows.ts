import type { DatabaseSync, StatementSync } from "node:sqlite";

/** A record, or with `text` null a tombstone: collection, id, version, text. */
export type FoldRow = readonly [collection: string, id: string, version: number, text: string | null];

/** What is written together with the last row of a fold. */
export interface FoldEnd {
  readonly version: number;
  readonly tombstoneFloor: number;
  readonly digest: string | null;
}

/** The clock is looked at once in so many rows. */
const ROWS_PER_LOOK = 16;

/** The rows of one fold on their way into the tables, a slice at a time. */
export class FoldRows {
  readonly #putRecord: StatementSync;
  readonly #dropRecord: StatementSync;
  readonly #putTombstone: StatementSync;
  readonly #dropTombstone: StatementSync;
  readonly #space: StatementSync;
  readonly #lastGroup: StatementSync;
  readonly #end: StatementSync;
  #rows: FoldRow[] = [];
  #written = 0;

  constructor(db: DatabaseSync) {
    this.#putRecord = db.prepare(
      "REPLACE INTO records (space_id, collection, id, version, text) VALUES (?, ?, ?, ?, ?)",
    );
    this.#dropRecord = db.prepare("DELETE FROM records WHERE space_id = ? AND collection = ? AND id = ?");
    this.#putTombstone = db.prepare("REPLACE INTO tombstones (space_id, collection, id, version) VALUES (?, ?, ?, ?)");
    this.#dropTombstone = db.prepare("DELETE FROM tombstones WHERE space_id = ? AND collection = ? AND id = ?");
    this.#space = db.prepare("SELECT folded_version, tombstone_floor FROM spaces WHERE space_id = ?");
    this.#lastGroup = db.prepare(
      "SELECT last_version FROM log WHERE space_id = ? AND first_version <= ? ORDER BY first_version DESC LIMIT 1",
    );
    this.#end = db.prepare("UPDATE spaces SET folded_version = ?, tombstone_floor = ?, digest = ? WHERE space_id = ?");
  }

  take(rows: readonly FoldRow[]): void {
    for (const row of rows) this.#rows.push(row);
  }

  sort(): void {
    this.#rows.sort(inOrderOfTree);
  }

  drop(): void {
    this.#rows = [];
    this.#written = 0;
  }

  /**
   * Inside the caller's transaction. Rows may go in before the fold ends, as each says which version it shows (see
   * `Store`); what ends it goes in with the last of them. False: there is more to do.
   */
  write(spaceId: number, end: FoldEnd, budgetMs: number): boolean {
    const until = performance.now() + budgetMs;
    let at = this.#written;
    while (at < this.#rows.length) {
      this.#write(spaceId, this.#rows[at] as FoldRow);
      at += 1;
      if (at % ROWS_PER_LOOK === 0 && performance.now() >= until) break;
    }
    this.#written = at;
    if (at < this.#rows.length) return false;
    this.#finish(spaceId, end);
    return true;
  }

  #write(spaceId: number, [collection, id, version, text]: FoldRow): void {
    if (text === null) {
      this.#dropRecord.run(spaceId, collection, id);
      this.#putTombstone.run(spaceId, collection, id, version);
    } else {
      this.#dropTombstone.run(spaceId, collection, id);
      this.#putRecord.run(spaceId, collection, id, version, text);
    }
  }

  #finish(spaceId: number, { version, tombstoneFloor, digest }: FoldEnd): void {
    const space = this.#space.get(spaceId) as { folded_version: number; tombstone_floor: number };
    const group = this.#lastGroup.get(spaceId, version) as { last_version: number } | undefined;
    const onward = version >= space.folded_version && tombstoneFloor >= space.tombstone_floor;
    if (!onward || (group !== undefined && group.last_version > version)) {
      throw new Error(`a fold to version ${version} (floor ${tombstoneFloor}) goes back, or cuts a group in two`);
    }
    this.#end.run(version, tombstoneFloor, digest, spaceId);
    this.drop();
  }
}

function inOrderOfTree(a: FoldRow, b: FoldRow): number {
  if (a[0] !== b[0]) return a[0] < b[0] ? -1 : 1;
  if (a[1] === b[1]) return 0;
  return a[1] < b[1] ? -1 : 1;
}
