/** The fold rows are the rows of one fold on their way into the tables, a slice at a time. */

import type { Millis } from "@neverstale/base";
import type { Fold } from "@neverstale/server/store";
import type { StoreSettings } from "../settings.ts";
import type { FoldEnd, FoldTables } from "../tables.ts";
import { SortedRuns } from "./sorted-runs.ts";

const NONE: ReadonlySet<string> = new Set();

/**
 * A fold of several slices notes what it replaces. When a crash cuts it short, `undoFolds` takes it back, as if it had never
 * happened.
 */
export class FoldRows {
  readonly #tables: FoldTables;
  readonly #now: () => Millis;
  readonly #settings: StoreSettings;
  /** The rows are in the order of the tables, so that those which share a page are written together. */
  #rows = new SortedRuns(inOrderOfTable);
  #count = 0;
  /** Rows of this space have begun to be written. */
  #begun: number | null = null;
  /** The last fold of these spaces was given up half way. Its notes are there, and count until a fold has ended. */
  readonly #givenUp = new Set<number>();
  /** A fold of the same space that was given up has noted these records. */
  #noted: ReadonlySet<string> = NONE;

  constructor(tables: FoldTables, now: () => Millis, settings: StoreSettings) {
    this.#tables = tables;
    this.#now = now;
    this.#settings = settings;
  }

  add(rows: readonly FoldRow[]): void {
    this.#rows.add(rows);
    this.#count += rows.length;
  }

  /** Gives the fold up, wherever it is. */
  giveUp(): void {
    if (this.#begun !== null) this.#givenUp.add(this.#begun);
    this.#forgetRows();
  }

  /** The transaction that ends the fold has been committed. */
  ended(spaceId: number): void {
    this.#givenUp.delete(spaceId);
    this.#forgetRows();
  }

  #forgetRows(): void {
    this.#rows = new SortedRuns(inOrderOfTable);
    this.#count = 0;
    this.#begun = null;
    this.#noted = NONE;
  }

  /** Inside the caller's transaction, it writes rows for about a slice's time, and with the last of them the end of the fold. */
  write(spaceId: number, end: FoldEnd): SliceWritten {
    if (this.#begun === null && this.#givenUp.has(spaceId)) this.#noted = notesOf(this.#tables, spaceId);
    this.#begun = spaceId;
    const { rowsAtOnce, rowsPerLook, sliceMs } = this.#settings;
    const atOnce = this.#count <= rowsAtOnce;
    const until = this.#now() + sliceMs;
    let rows = 0;
    for (let row = this.#rows.next(); row !== null; row = this.#rows.next()) {
      if (!atOnce) this.#note(spaceId, end.version, row);
      this.#put(spaceId, row);
      rows += 1;
      if (!atOnce && rows % rowsPerLook === 0 && this.#now() >= until) break;
    }
    const last = this.#rows.size === 0;
    if (last) this.#finish(spaceId, end);
    return { rows, last };
  }

  /** Only the first note of a record counts, so that notes don't add up while a disk is full. */
  #note(spaceId: number, target: number, [collection, id]: FoldRow): void {
    if (this.#noted.size > 0 && this.#noted.has(nameOf(collection, id))) return;
    this.#tables.noteUndo(spaceId, target, collection, id);
  }

  #put(spaceId: number, [collection, id, version, text]: FoldRow): void {
    if (text === null) {
      this.#tables.dropRecord(spaceId, collection, id);
      this.#tables.putTombstone(spaceId, { collection, id, version });
    } else {
      this.#tables.dropTombstone(spaceId, collection, id);
      this.#tables.putRecord(spaceId, { collection, id, version, text });
    }
  }

  #finish(spaceId: number, end: FoldEnd): void {
    const { version, tombstoneFloor } = end;
    const space = this.#tables.space(spaceId);
    const endOfGroup = this.#tables.endOfGroup(spaceId, version) ?? version;
    const onward = space !== null && version >= space.foldedVersion && tombstoneFloor >= space.tombstoneFloor;
    if (!onward || endOfGroup > version) {
      throw new Error(`a fold to version ${version} (floor ${tombstoneFloor}) goes back, or cuts a group in two`);
    }
    this.#tables.endFold(spaceId, end);
  }
}

/** Inside the caller's transaction, it takes back what folds that were cut short have written, the newest first. */
export function undoFolds(tables: FoldTables): void {
  for (const { spaceId, target, collection, id, version, text } of tables.undoRows()) {
    const space = tables.space(spaceId);
    if (space === null || target <= space.foldedVersion) continue;
    tables.dropRecord(spaceId, collection, id);
    tables.dropTombstone(spaceId, collection, id);
    if (version === null) continue;
    if (text !== null) tables.putRecord(spaceId, { collection, id, version, text });
    else tables.putTombstone(spaceId, { collection, id, version });
  }
  tables.clearUndo();
}

/** It cuts the rows of a fold into pieces, so that handing them over never holds up the event loop for long. */
export function* piecesOf({ records, tombstones }: Fold, most: number): Generator<FoldRow[]> {
  for (let from = 0; from < records.length; from += most) {
    yield records.slice(from, from + most).map((row) => [row.collection, row.id, row.version, row.text]);
  }
  for (let from = 0; from < tombstones.length; from += most) {
    yield tombstones.slice(from, from + most).map((row) => [row.collection, row.id, row.version, null]);
  }
}

/** It is a record, or a tombstone when `text` is null. */
export type FoldRow = readonly [collection: string, id: string, version: number, text: string | null];

export interface SliceWritten {
  readonly rows: number;
  /** With true, the fold has ended. */
  readonly last: boolean;
}

function notesOf(tables: FoldTables, spaceId: number): ReadonlySet<string> {
  const noted = new Set<string>();
  for (const row of tables.undoRows()) if (row.spaceId === spaceId) noted.add(nameOf(row.collection, row.id));
  return noted;
}

function nameOf(collection: string, id: string): string {
  return `${collection}\0${id}`;
}

function inOrderOfTable(a: FoldRow, b: FoldRow): number {
  if (a[0] !== b[0]) return a[0] < b[0] ? -1 : 1;
  if (a[1] === b[1]) return 0;
  return a[1] < b[1] ? -1 : 1;
}
