/** The contract says what a store must do: where the authority keeps its state, and what of it survives a crash. */

/**
 * Every implementation passes `contract-suite.ts`.
 *
 * There are two kinds of writes in one order. `commit` is the durable truth: it appends the named changes of a group to the
 * log. `fold` follows behind it, about once a second, and writes the records as they are at a committed version, so that
 * `open` need not replay the whole log. `open` returns the folded records and the log after them.
 *
 * The store reads no clock for what it keeps: ages are measured against the `ageAt` of the newest commit.
 * A call that breaks a precondition (numbers with a gap, two commits at once) is a bug and fails an assertion.
 */
export interface Store {
  /** Locks the data, migrates it, and reads it. It throws `store_locked`, `store_newer_than_code` or `store_damaged`. */
  open(): Promise<StoreContents>;
  /** Appends the epoch to the ordered list, durably (rule E1). It is called once after `open`, before the first commit. */
  beginEpoch(epoch: string): Promise<void>;
  /**
   * Makes a group durable, all or nothing: it has been forced to disk when this returns, or when its promise resolves
   * (rule A1). There is one call at a time, and `firstVersion` follows the head of the space. When it fails, it throws or
   * rejects with a `StoreFailure`, which says what is known of the outcome. After `unknown` every call but `close` and
   * `metrics` fails with it too.
   */
  commit(group: CommitGroup): void | Promise<void>;
  /**
   * Writes what moved in one space since its last fold that succeeded, all or nothing as `open` sees it. There is one fold
   * at a time. It may run beside commits, and never delays one for longer than a slice of its rows takes. A fold of a space
   * that is gone, or was made again meanwhile, does nothing. Old log rows, tombstones, answers and history are trimmed here,
   * so a space that is never folded holds up the trimming of the log. When a fold fails with `nothing_moved`, the next one
   * must hold its rows too.
   */
  fold(fold: Fold): Promise<void>;
  /**
   * Finds the answer that was given under an idempotency key (rule D1). `null` means that none was given, or that the key
   * has no time and its answer is older than is kept. `expired` means that the key is older than the oldest answer that is
   * still kept of its owner: nobody knows whether one was given.
   */
  findAnswer(query: AnswerQuery): Promise<StoredAnswer | "expired" | null>;
  /**
   * Returns the changes of a space above `afterVersion`, oldest first, by whole groups and at most `limit` groups. It returns
   * nothing where there is no such space.
   */
  readLog(query: LogQuery): Promise<LogRow[]>;
  /** Returns the records that left the live state of a space, oldest first. */
  readHistory(query: HistoryQuery): Promise<StoredHistoryRow[]>;
  /**
   * Makes a verified copy: its integrity is checked, it is forced to disk, and then it gets its name. It throws
   * `store_unavailable` when `path` exists.
   */
  backup(path: string): Promise<void>;
  /** Waits for what is under way and releases the lock. The caller has made the last fold. `open` works again afterwards. */
  close(): Promise<void>;
  metrics(): StoreMetrics;
}

export interface StoreContents {
  /** It lists every epoch that there ever was, in order. */
  readonly epochs: readonly string[];
  readonly spaces: readonly SpaceContents[];
  /** This is `at` of the newest answer, or null. */
  readonly newestAnswerAt: number | null;
}

export interface SpaceContents {
  readonly name: string;
  readonly creationId: string;
  /** `records` and `tombstones` show this version. It is 0 when there was no fold yet. */
  readonly foldedVersion: number;
  /** Positions below it can't be served from tombstones, since some of those are gone. */
  readonly tombstoneFloor: number;
  /** These are the rows `(epoch, first version)`, in order (rule E1). */
  readonly lineage: readonly LineageRow[];
  readonly records: readonly StoredRecord[];
  readonly tombstones: readonly StoredTombstone[];
  /** These are the groups after `foldedVersion`, without a gap (else `store_damaged`). The last one ends at the head. */
  readonly log: readonly LogRow[];
  /** A clean close left it (rule G2). It is null once anything was folded without one. */
  readonly digest: { readonly version: number; readonly digest: string } | null;
}

export interface LineageRow {
  readonly epoch: string;
  readonly firstVersion: number;
}

export interface StoredRecord {
  readonly collection: string;
  readonly id: string;
  /** This version touched it last. */
  readonly version: number;
  /** This is the record as JSON. */
  readonly text: string;
}

export interface StoredTombstone {
  readonly collection: string;
  readonly id: string;
  readonly version: number;
}

export interface LogRow {
  readonly space: string;
  readonly firstVersion: number;
  readonly lastVersion: number;
  /** The wall clock said this at the commit, in ms since 1970. */
  readonly at: number;
  /** These are the effective changes, one for each version, as `changesToText` writes them. */
  readonly changes: string;
}

/** One commit makes all of this durable, or nothing of it. The entries of `spaces` are carried out in their order. */
export interface CommitGroup {
  readonly at: number;
  /** Ages are measured by it (`Retention`). It is like `at`, but does not follow jumps ahead of the wall clock. */
  readonly ageAt: number;
  readonly spaces: readonly SpaceCommit[];
  readonly history: readonly HistoryRow[];
  readonly answers: readonly StoredAnswer[];
}

/** The text is made when it is first read, which costs a fifth of deciding: a store in memory may never need it. */
export interface ChangesText {
  /** This is what `LogRow` calls `changes`. */
  readonly text: string;
}

export interface SpaceCommit {
  readonly name: string;
  /**
   * It is set in the group that makes the space. An older space of that name is gone then, with everything that it had but its
   * history.
   */
  readonly creationId: string | null;
  /**
   * With true the space ends here: its records, log, lineage and tombstones go. Nothing but `archived` counts in this entry
   * then.
   */
  readonly removed: boolean;
  /**
   * It counts when the space ends. With true the history of the space stays for its retention. With false it goes too: all
   * rows that name this creation are not read any more from then on, and the group holds none of them.
   */
  readonly archived: boolean;
  /** It is set in the first group of the space in this epoch (rule E1). */
  readonly lineage: LineageRow | null;
  /** These are the first and the last version of the group. `lastVersion` is `firstVersion` - 1 when it has no change. */
  readonly firstVersion: number;
  readonly lastVersion: number;
  /** It is not looked at when there is no change. */
  readonly changes: ChangesText;
}

export interface HistoryRow {
  readonly space: string;
  /** It names the creation of the space that the record left. Null means that an older release stored the row. */
  readonly creationId: string | null;
  readonly collection: string;
  readonly id: string;
  /** This version evicted it. It is the last version of the space when the record was archived with its space. */
  readonly version: number;
  readonly at: number;
  readonly text: string;
}

export interface StoredHistoryRow extends HistoryRow {
  /** This is its place among all that was ever evicted, over all spaces. It is never given out twice. */
  readonly position: number;
}

export interface AnswerQuery {
  readonly key: string;
  /** The key belongs to this owner. Answers are bounded for each owner. */
  readonly owner: string;
  /** The key was made then, by its maker's clock, in ms since 1970. It is null when the key doesn't say it. */
  readonly madeAt: number | null;
}

export interface StoredAnswer extends AnswerQuery {
  readonly bodyHash: string;
  /** This is `ageAt` of its group. */
  readonly at: number;
  /** At this version of the main space the effect is in the state. */
  readonly version: number;
  /** This is JSON. */
  readonly answer: string;
}

export interface Fold {
  readonly space: string;
  readonly creationId: string;
  /** The rows show this committed version. It is the last one of a group. */
  readonly version: number;
  readonly records: readonly StoredRecord[];
  readonly tombstones: readonly StoredTombstone[];
  /** Tombstones at or below it are dropped. It is never lower than before. */
  readonly tombstoneFloor: number;
  /** This is the digest of the state at `version`. Only a clean close knows it. */
  readonly digest: string | null;
}

export interface LogQuery {
  readonly space: string;
  readonly afterVersion: number;
  readonly limit: number;
}

export interface HistoryQuery {
  readonly space: string;
  /** With it, rows of one creation of the space are meant. Without it, all that ever had its name are, one after the other. */
  readonly creationId?: string;
  readonly collection?: string;
  /** Only rows behind this `position` are meant. */
  readonly after?: number;
  /** Only rows before this `position` are meant. With it, they are the newest `limit` of them. */
  readonly before?: number;
  readonly limit: number;
}

export interface StoreMetrics {
  /** These are rows, bytes and seconds by name, for `/metrics`. */
  readonly [name: string]: number;
}

/**
 * A write failed. `nothing_moved` means that it was rolled back and the store works on, as with a full disk. `unknown` means
 * that the disk or COMMIT itself failed: only a restart shows whether the group is stored (rule A1).
 */
export class StoreFailure extends Error {
  override readonly name = "StoreFailure";
  readonly outcome: "nothing_moved" | "unknown";

  constructor(outcome: "nothing_moved" | "unknown", message: string, cause?: unknown) {
    super(message, { cause });
    this.outcome = outcome;
  }
}
