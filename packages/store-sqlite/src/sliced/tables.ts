import type {
  AnswerSize,
  EncodedHistoryRow,
  EncodedLogRow,
  HistoryQuery,
  LineageRow,
  LogRow,
  OwnerAnswers,
  StoredAnswer,
  StoredHistoryRow,
  StoredRecord,
  StoredTombstone,
} from "@neverstale/server/store";

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
  addHistory(row: EncodedHistoryRow): void;
  /** An older answer under the key, which is gone then; null: there was none. */
  removeAnswer(key: string): AnswerSize | null;
  addAnswer(row: StoredAnswer, chars: number): void;
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

/** What trimming looks at, outside of transactions too, and deletes, inside of them. What deletes tells how many rows went. */
export interface TrimTables {
  space(spaceId: number): FoldedSpace | null;
  oldestLog(limit: number): Iterable<OldLogRow>;
  dropLog(upToSequence: number): number;
  oldestHistory(limit: number): Iterable<OldHistoryRow>;
  /** The position counts as given out from then on, whatever is left in the table. */
  dropHistory(upToPosition: number): number;
  /** In the order in which they were given: of one owner, or of all where it is null. */
  oldestAnswers(owner: string | null, limit: number): Iterable<OldAnswerRow>;
  dropAnswer(id: number): void;
  /** From now on keys of the owner that were made until then are expired; never lowered. `null`: keys of all owners. */
  raiseExpired(owner: string | null, madeAt: number): void;
  expiredOwners(): number;
  /** The owner whose expired keys are the oldest. */
  oldestExpired(): { readonly owner: string; readonly madeAt: number } | null;
  dropExpired(owner: string): void;
  /** Those with an id above `afterId`. */
  oldestUndo(afterId: number, limit: number): Iterable<OldUndoRow>;
  dropUndo(fromId: number, toId: number): number;
  /** Whether a tombstone of the space has a version at or below `floor`. */
  hasTombstones(spaceId: number, floor: number): boolean;
  dropTombstones(spaceId: number, floor: number, limit: number): number;
  /** A space that has ended and whose rows wait to be cleared away. */
  endedSpace(): number | null;
  dropOfEnded(table: "records" | "tombstones" | "log" | "lineage", spaceId: number, limit: number): number;
  forgetEnded(spaceId: number): void;
  counts(): TableCounts;
}

/** Rows there are. */
export interface TableCounts {
  readonly undo: number;
  readonly tombstones: number;
  readonly endedSpaces: number;
}

export interface OldLogRow {
  readonly sequence: number;
  readonly spaceId: number;
  readonly firstVersion: number;
  readonly lastVersion: number;
  readonly at: number;
  readonly total: number;
  /** As in `EncodedLogRow`; 0 for a row of an older release. */
  readonly chars: number;
  readonly bytes: number;
}

export interface OldHistoryRow {
  readonly position: number;
  readonly at: number;
  /** As in `EncodedHistoryRow`; 0 for a row of an older release. */
  readonly chars: number;
  readonly bytes: number;
}

export interface OldAnswerRow extends AnswerSize {
  readonly id: number;
  readonly at: number;
  readonly madeAt: number | null;
}

export interface OldUndoRow {
  readonly id: number;
  readonly spaceId: number;
  readonly target: number;
  readonly bytes: number;
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
  newestLog(): { readonly sequence: number; readonly total: number; readonly chars: number } | null;
  /** The greatest position that was ever given out, and the characters that were ever evicted; 0 when there is none. */
  newestHistory(): { readonly position: number; readonly chars: number };
  answers(): readonly OwnerAnswers[];
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
  answer(key: string): StoredAnswer | null;
  /** Keys of the owner that were made until then are expired; null: none is. */
  expiredUpTo(owner: string): number | null;
  /** Whole groups with a version above `afterVersion`, oldest first; `space` is the name that they are given. */
  log(space: string, spaceId: number, afterVersion: number, limit: number): LogRow[];
  history(query: HistoryQuery): StoredHistoryRow[];
  oldest(): OldestRows;
  file(): FileSize;
}

/** What was counted before the oldest row there is; null where there is no row. */
export interface OldestRows {
  readonly log: { readonly total: number; readonly chars: number } | null;
  readonly history: { readonly position: number; readonly chars: number } | null;
}

/** Pages of the database file, and how many of them hold nothing and are used again. */
export interface FileSize {
  readonly pages: number;
  readonly freePages: number;
  readonly pageBytes: number;
}
