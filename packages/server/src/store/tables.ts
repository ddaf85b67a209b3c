import type { EncodedLogRow } from "./catalog.ts";
import type {
  HistoryQuery,
  HistoryRow,
  LineageRow,
  LogRow,
  StoredAnswer,
  StoredRecord,
  StoredTombstone,
} from "./contract.ts";

/**
 * What a database does for the store, and all that it does: rows that are put, dropped and looked up. Whatever decides
 * lies outside, so that it is the same over SQLite and over the simulated disk.
 */
export interface Tables {
  readonly commits: CommitTables;
  readonly folds: FoldTables;
  readonly trims: TrimTables;
  readonly contents: ContentTables;
  readonly queries: QueryTables;
}

/** Two ways into the same tables, on one thread. */
export interface Database {
  /** A transaction has been forced to disk when it returns. */
  readonly full: Connection;
  /**
   * A transaction is forced to disk with the next full one, or with a checkpoint; until then a power cut may undo it,
   * never reorder it. That is enough for what can be made again from the log, and saves a sync for every slice.
   */
  readonly background: Connection;
  /** Moves pages from the write-ahead log to the database file; readers and writers go on meanwhile. */
  checkpoint(): CheckpointResult;
  close(): void;
}

export interface Connection {
  readonly tables: Tables;
  /** Runs `work` as one transaction: it has been committed when this returns; else a `StoreFailure` says what is known. */
  transaction<Result>(work: () => Result): Result;
}

export interface CheckpointResult {
  /** Pages in the write-ahead log, and how many of them are in the database file by now. */
  readonly logPages: number;
  readonly donePages: number;
}

/** What a commit adds. Every method is called inside a transaction. */
export interface CommitTables {
  /** `at`: the wall clock of the commit. */
  addLog(row: EncodedLogRow, at: number): void;
  addHistory(row: HistoryRow): void;
  /** Takes the place of an older answer under the same key, and is the newest then. */
  putAnswer(row: StoredAnswer): void;
  addLineage(spaceId: number, row: LineageRow): void;
  addSpace(row: { readonly id: number; readonly name: string; readonly creationId: string }): void;
  /** The space is gone, and with it its name; its rows wait to be cleared away. */
  endSpace(spaceId: number): void;
  addEpoch(epoch: string): void;
  /** A write that means nothing. */
  probe(): void;
}

/** What a fold reads and writes. Every method is called inside a transaction. */
export interface FoldTables {
  /** Null: there is no such space any more. */
  space(spaceId: number): FoldedSpace | null;
  /** The last version of the newest group that begins at or below `version`; null: the log holds none. */
  endOfGroup(spaceId: number, version: number): number | null;
  putRecord(spaceId: number, record: StoredRecord): void;
  dropRecord(spaceId: number, collection: string, id: string): void;
  putTombstone(spaceId: number, tombstone: StoredTombstone): void;
  dropTombstone(spaceId: number, collection: string, id: string): void;
  /** Notes what there is under this id, a record, a tombstone or nothing, before a fold to `target` replaces it. */
  noteUndo(spaceId: number, target: number, collection: string, id: string): void;
  endFold(spaceId: number, end: FoldEnd): void;
  /** All notes, the newest first. The tables of records and tombstones may be written while it is read. */
  undoRows(): Iterable<UndoRow>;
  clearUndo(): void;
}

export interface FoldedSpace {
  readonly foldedVersion: number;
  readonly tombstoneFloor: number;
}

/** What is written together with the last row of a fold. */
export interface FoldEnd {
  readonly version: number;
  readonly tombstoneFloor: number;
  readonly digest: string | null;
}

export interface UndoRow {
  readonly spaceId: number;
  readonly target: number;
  readonly collection: string;
  readonly id: string;
  /** Null: there was neither record nor tombstone. */
  readonly version: number | null;
  /** Null: there was no record. */
  readonly text: string | null;
}

/** Tables whose ids rise with time, and never come again. */
export type Queue = "answers" | "history" | "undo";

/** What trimming looks at, outside of transactions, and deletes, inside of them. */
export interface TrimTables {
  space(spaceId: number): FoldedSpace | null;
  oldestLog(limit: number): Iterable<OldLogRow>;
  dropLog(upToSequence: number): void;
  /** Rows of `answers` or `history`, the oldest first. */
  oldest(queue: "answers" | "history", limit: number): readonly OldRow[];
  newestId(queue: "answers" | "history"): number | null;
  oldestUndo(limit: number): readonly OldUndoRow[];
  drop(queue: Queue, upToId: number): void;
  /** Whether a tombstone of the space has a version at or below `floor`. */
  hasTombstones(spaceId: number, floor: number): boolean;
  dropTombstones(spaceId: number, floor: number, limit: number): void;
  /** A space that has ended and whose rows wait to be cleared away. */
  endedSpace(): number | null;
  /** Returns how many rows went. */
  dropOfEnded(table: "records" | "tombstones" | "log" | "lineage", spaceId: number, limit: number): number;
  forgetEnded(spaceId: number): void;
}

export interface OldLogRow {
  readonly sequence: number;
  readonly spaceId: number;
  readonly firstVersion: number;
  readonly lastVersion: number;
  readonly at: number;
  readonly total: number;
  readonly bytes: number;
}

export interface OldRow {
  readonly id: number;
  readonly at: number;
}

export interface OldUndoRow {
  readonly id: number;
  readonly spaceId: number;
  readonly target: number;
}

/** What is read once, when a store is opened. */
export interface ContentTables {
  epochs(): readonly string[];
  /** In the order of their numbers. */
  spaces(): readonly SpaceTableRow[];
  lineage(spaceId: number): readonly LineageRow[];
  records(spaceId: number): readonly StoredRecord[];
  /** Those above `floor`. */
  tombstones(spaceId: number, floor: number): readonly StoredTombstone[];
  /** The groups that begin above `foldedVersion`, in order; `space` is the name that they are given. */
  log(space: string, spaceId: number, foldedVersion: number): readonly LogRow[];
  newestLog(): { readonly sequence: number; readonly total: number } | null;
  /** Of the spaces there are and of those that have ended; 0 when there is none. */
  greatestSpaceId(): number;
  /** `at` of the newest answer. */
  newestAnswerAt(): number | null;
}

export interface SpaceTableRow extends FoldedSpace {
  readonly id: number;
  readonly name: string;
  readonly creationId: string;
  readonly digest: string | null;
}

/** What is read while the store is open: a few rows by an index. */
export interface QueryTables {
  answer(key: string, oldestAt: number): StoredAnswer | null;
  /** Whole groups with a version above `afterVersion`, oldest first; `space` is the name that they are given. */
  log(space: string, spaceId: number, afterVersion: number, limit: number): LogRow[];
  history(query: HistoryQuery): HistoryRow[];
  kept(): KeptRows;
}

export interface KeptRows {
  /** From the oldest to the newest row of each kind; what went in between is counted too. */
  readonly answers: number;
  readonly history: number;
  /** Changes that were logged before the oldest row there is; null when the log is empty. */
  readonly logGone: number | null;
}
