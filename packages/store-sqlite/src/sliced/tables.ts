/** The tables are what a database does for the sliced store: rows that are put, dropped and looked up. */

import type {
  AnswerSize,
  ChainHead,
  EncodedHistoryRow,
  EncodedLogRow,
  EndedSpace,
  HistoryOf,
  HistoryQuery,
  LineageRow,
  LogRow,
  OwnerAnswers,
  PlannedEntry,
  PointListQuery,
  PointQuery,
  PointRow,
  PointsGone,
  PointTimesQuery,
  StoredAnswer,
  StoredHistoryRow,
  StoredRecord,
  StoredTombstone,
  TakeoverEntry,
} from "@neverstale/server/store";

/** Whatever decides lies outside of them, so that it is the same over SQLite and over the simulated disk. */
export interface Tables {
  readonly commits: CommitTables;
  readonly folds: FoldTables;
  readonly trims: TrimTables;
  readonly contents: ContentTables;
  readonly queries: QueryTables;
  readonly points: PointTables;
}

/** A database gives two ways into the same tables, on one thread. */
export interface Database {
  /** A transaction has been forced to disk when it returns. */
  readonly full: TableAccess;
  /**
   * A transaction is forced to disk with the next full one, or with a checkpoint. Until then a power cut may undo it, and
   * never reorders it. That is enough for what can be made again from the log, and saves a sync for every slice.
   */
  readonly background: TableAccess;
  /** Moves pages from the write-ahead log to the database file. Readers and writers go on meanwhile. */
  checkpoint(): CheckpointResult;
  close(): void;
}

export interface TableAccess {
  readonly tables: Tables;
  /** Runs `work` as one transaction, which has been committed when this returns. Else it throws a `StoreFailure`. */
  transaction<Result>(work: () => Result): Result;
}

export interface CheckpointResult {
  /** `logPages` are in the write-ahead log, and `donePages` of them are in the database file by now. */
  readonly logPages: number;
  readonly donePages: number;
}

/** A commit adds rows by these. Every method is called inside a transaction. */
export interface CommitTables {
  addLog(row: EncodedLogRow, entry: PlannedEntry): void;
  /** It is for an entry of which its log rows don't say everything. `spaces` is the text of what it did to its spaces. */
  addEntry(entry: PlannedEntry, spaces: string): void;
  /** The epoch enters the list with it. */
  addTakeover(entry: TakeoverEntry): void;
  addHistory(row: EncodedHistoryRow): void;
  /** Removes an older answer under the key. It returns null when there was none. */
  removeAnswer(key: string): AnswerSize | null;
  addAnswer(row: StoredAnswer, chars: number): void;
  addLineage(spaceId: number, row: LineageRow): void;
  addSpace(row: { readonly id: number; readonly name: string; readonly creationId: string }): void;
  /**
   * The space and its name are gone from then on, and so is its history where that goes too. Its rows wait to be cleared away, and
   * those of its log to be trimmed.
   */
  endSpace(space: EndedSpace): void;
  /** Makes a write that means nothing. */
  probe(): void;
}

/** A fold reads and writes by these. Every method is called inside a transaction. */
export interface FoldTables {
  /** It returns null when there is no such space any more. */
  space(spaceId: number): FoldedSpace | null;
  /** It returns the last version of the newest group that begins at or below `version`, or null when the log holds none. */
  endOfGroup(spaceId: number, version: number): number | null;
  putRecord(spaceId: number, record: StoredRecord): void;
  dropRecord(spaceId: number, collection: string, id: string): void;
  putTombstone(spaceId: number, tombstone: StoredTombstone): void;
  dropTombstone(spaceId: number, collection: string, id: string): void;
  /** Notes what there is under this id, a record, a tombstone or nothing, before a fold to `target` replaces it. */
  noteUndo(spaceId: number, target: number, collection: string, id: string): void;
  endFold(spaceId: number, end: FoldEnd): void;
  /** It returns all notes, the newest first. The tables of records and tombstones may be written while it is read. */
  undoRows(): Iterable<UndoRow>;
  clearUndo(): void;
}

export interface FoldedSpace {
  readonly foldedVersion: number;
  readonly tombstoneFloor: number;
}

/** This is written together with the last row of a fold. */
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
  /** It is null when there was neither record nor tombstone. */
  readonly version: number | null;
  /** It is null when there was no record. */
  readonly text: string | null;
}

/**
 * Trimming reads by these, also outside of transactions, and deletes inside of them. A method that deletes returns how many rows
 * went.
 */
export interface TrimTables {
  space(spaceId: number): FoldedSpace | null;
  oldestLog(limit: number): Iterable<OldLogRow>;
  dropLog(upToSequence: number): number;
  /** The chain is not kept whole up to this entry, and from the next one on it is. */
  chainStart(): number;
  /** It is never lowered. */
  raiseChainStart(entry: number): void;
  /** It returns true when `chain` has a row at or below this entry, but for the one of the newest takeover. */
  hasEntries(upToEntry: number, takeover: number): boolean;
  dropEntries(upToEntry: number, takeover: number, limit: number): number;
  /**
   * It returns how many epochs are beyond the newest `most` and are named by no entry of the chain and no row of the log. They are
   * the oldest ones.
   */
  epochsBeyond(most: number): number;
  /** It drops so many of the oldest epochs, with their lineage rows. */
  dropEpochs(count: number): number;
  oldestEndedNames(limit: number): Iterable<EndedNameRow>;
  dropEndedNames(upToPlace: number): number;
  oldestHistory(limit: number): Iterable<OldHistoryRow>;
  /** The position counts as given out from then on, whatever is left in the table. */
  dropHistory(upToPosition: number): number;
  /** It returns the answers of one owner, or of all when `owner` is null, in the order in which they were given. */
  oldestAnswers(owner: string | null, limit: number): Iterable<OldAnswerRow>;
  dropAnswer(id: number): void;
  /**
   * From now on keys of the owner that were made until `madeAt` are expired. That time is never lowered. With null it is for
   * the keys of all owners.
   */
  raiseExpired(owner: string | null, madeAt: number): void;
  expiredOwners(): number;
  /** It returns the owner whose expired keys are the oldest. */
  oldestExpired(): { readonly owner: string; readonly madeAt: number } | null;
  dropExpired(owner: string): void;
  /** It returns those with an id above `afterId`. */
  oldestUndo(afterId: number, limit: number): Iterable<OldUndoRow>;
  dropUndo(fromId: number, toId: number): number;
  /** It returns true when a tombstone of the space has a version at or below `floor`. */
  hasTombstones(spaceId: number, floor: number): boolean;
  dropTombstones(spaceId: number, floor: number, limit: number): number;
  /** It returns a space that has ended and whose rows wait to be cleared away. */
  endedSpace(): Pick<EndedSpace, "id" | "history"> | null;
  dropOfEnded(table: "records" | "tombstones" | "lineage", spaceId: number, limit: number): number;
  /** It lets go of the changes in log rows of a space. The rows stay. */
  dropChangesOf(spaceId: number, limit: number): number;
  /** The positions of what goes count as given out from then on. */
  dropHistoryOf(creation: HistoryOf, limit: number): number;
  dropHistoryAt(positions: readonly number[]): number;
  forgetEnded(spaceId: number): void;
  counts(): TableCounts;
}

/** The tables have so many rows. */
export interface TableCounts {
  readonly undo: number;
  readonly tombstones: number;
  readonly endedSpaces: number;
  readonly endedNames: number;
}

export interface OldLogRow {
  readonly sequence: number;
  readonly spaceId: number;
  readonly firstVersion: number;
  readonly lastVersion: number;
  /** This is `ageAt` of its entry, and `at` for a row of an older release. */
  readonly ageAt: number;
  readonly total: number;
  /** It is as in `EncodedLogRow`, and 0 for a row of an older release. */
  readonly chars: number;
  readonly bytes: number;
  /** The row is part of this entry. It is 0 for a row of an older release. */
  readonly entry: number;
}

export interface EndedNameRow {
  readonly place: number;
  readonly lastLog: number;
}

export interface OldHistoryRow {
  readonly position: number;
  readonly at: number;
  /** It is as in `EncodedHistoryRow`, and 0 for a row of an older release. */
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

/** A store reads by these once, when it is opened. */
export interface ContentTables {
  epochs(): readonly string[];
  /** They come in the order of their numbers. */
  spaces(): readonly SpaceTableRow[];
  lineage(spaceId: number): readonly LineageRow[];
  records(spaceId: number): readonly StoredRecord[];
  /** It returns those above `floor`. */
  tombstones(spaceId: number, floor: number): readonly StoredTombstone[];
  /** It returns the groups that begin above `foldedVersion`, in order, with `space` as their name. */
  log(space: string, spaceId: number, foldedVersion: number): readonly LogRow[];
  newestLog(): { readonly sequence: number; readonly total: number; readonly chars: number } | null;
  /** It returns the greatest position that was ever given out, and how many characters were ever evicted; both may be 0. */
  newestHistory(): { readonly position: number; readonly chars: number };
  answers(): readonly OwnerAnswers[];
  /** It looks wherever a number of a space may stand: at spaces, ended ones, their names, and the log. It returns 0 when there is none. */
  greatestSpaceId(): number;
  newestEntry(): (ChainHead & { readonly ageAt: number }) | null;
  newestTakeover(): TakeoverEntry | null;
  /** It returns `at` of the newest answer. */
  newestAnswerAt(): number | null;
}

export interface SpaceTableRow extends FoldedSpace {
  readonly id: number;
  readonly name: string;
  readonly creationId: string;
  readonly digest: string | null;
}

/** A store reads by these while it is open: a few rows by an index. */
export interface QueryTables {
  answer(key: string): StoredAnswer | null;
  /** Keys of the owner that were made until the returned time are expired. Null means that none is. */
  expiredUpTo(owner: string): number | null;
  /** It returns whole groups with a version above `afterVersion`, oldest first, with `space` as their name. */
  log(space: string, spaceId: number, afterVersion: number, limit: number): LogRow[];
  history(query: HistoryQuery): StoredHistoryRow[];
  /** It returns the rows of `chain` behind an entry, in order. */
  entries(afterEntry: number, limit: number): readonly EntryRow[];
  /** It returns the log rows behind an entry, in order. They are read while the caller goes through them. */
  loggedEntries(afterEntry: number): Iterable<LoggedEntryRow>;
  /** It is as in `TrimTables`. */
  chainStart(): number;
  oldest(): OldestRows;
  file(): FileSize;
}

/** It is a takeover, or a group with the text of what it did to its spaces. */
export type EntryRow = TakeoverEntry | GroupRow;

export interface GroupRow extends ChainHead {
  readonly type: "group";
  readonly at: number;
  readonly ageAt: number;
  readonly spaces: string;
}

export interface LoggedEntryRow {
  readonly entry: number;
  readonly term: string;
  readonly at: number;
  readonly ageAt: number;
  readonly name: string;
  readonly firstVersion: number;
  readonly lastVersion: number;
  /** It is null once the changes were let go of with their space. */
  readonly changes: string | null;
}

/** So much was counted before the oldest row. It is null where there is no row. */
export interface OldestRows {
  readonly log: { readonly total: number; readonly chars: number } | null;
  readonly history: { readonly position: number; readonly chars: number } | null;
}

/** The database file has `pages`. `freePages` of them hold nothing and are used again. */
export interface FileSize {
  readonly pages: number;
  readonly freePages: number;
  readonly pageBytes: number;
}

/** Points are read and written by these. What writes is called inside a transaction. */
export interface PointTables {
  /** It returns false when the row is full (`MOST_POINT_CHARS`). */
  append(row: PointRow): boolean;
  /** It drops at most `limit` rows, and returns how many went. */
  drop(gone: PointsGone, limit: number): number;
  read(query: PointQuery): readonly PointRow[];
  list(query: PointListQuery): readonly PointRow[];
  times(query: PointTimesQuery): readonly number[];
}
