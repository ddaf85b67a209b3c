/**
 * Where the authority keeps its state. Every implementation passes `contract-suite.ts`.
 *
 * Two kinds of writes, one order. `commit` is the durable truth: the named changes of a group, appended to the log.
 * `fold` follows behind it, about once a second: the records as they are at a committed version, so that opening does
 * not replay the whole log. What `open` gives back is the folded records and the log after them.
 *
 * The store reads no clock for what it keeps: ages are measured against the `ageAt` of the newest commit.
 * Calls that break a precondition (numbers with a gap, two commits at once) are bugs and fail an assertion.
 */
export interface Store {
  /** Locks the data, migrates it, and reads it. Throws `store_locked`, `store_newer_than_code`, `store_damaged`. */
  open(): Promise<StoreContents>;
  /** Appends the epoch to the ordered list, durably (rule E1). Called once after `open`, before the first commit. */
  beginEpoch(epoch: string): Promise<void>;
  /**
   * Makes a group durable, all or nothing: it has been forced to disk when this returns, or when its promise resolves
   * (rule A1). One call at a time; `firstVersion` follows the space's head. A `StoreFailure`, thrown or rejected with,
   * says what is known of the outcome; after `unknown` every call but `close` and `metrics` fails with it too.
   */
  commit(group: CommitGroup): void | Promise<void>;
  /**
   * Writes what moved in one space since its last fold that succeeded, all or nothing as `open` sees it. May run beside
   * commits; it never delays one for longer than a slice of its rows takes. One fold at a time. A fold of a space that is gone or was made again
   * meanwhile does nothing. Old log rows, tombstones, answers and history are trimmed here, so a space that is never
   * folded holds up the trimming of the log. When it fails with `nothing_moved`, the next fold must hold its rows too.
   */
  fold(fold: Fold): Promise<void>;
  /**
   * The answer given under an idempotency key (rule D1). `null`: none was given, or the key has no time and its answer is
   * older than is kept. `expired`: the key is older than the oldest answer still kept of its owner, so that nobody knows.
   */
  findAnswer(query: AnswerQuery): Promise<StoredAnswer | "expired" | null>;
  /** Changes of a space above `afterVersion`, oldest first; by whole groups, `limit` groups at most. Empty: no such space. */
  readLog(query: LogQuery): Promise<LogRow[]>;
  /** What left the live state of a space, oldest first. */
  readHistory(query: HistoryQuery): Promise<StoredHistoryRow[]>;
  /** A verified copy: integrity-checked, forced to disk, then given its name. Throws `store_unavailable` if `path` exists. */
  backup(path: string): Promise<void>;
  /** Waits for what is under way, releases the lock. The last fold has been made by the caller. `open` works again. */
  close(): Promise<void>;
  metrics(): StoreMetrics;
}

export interface StoreContents {
  /** Every epoch there ever was, in order. */
  readonly epochs: readonly string[];
  readonly spaces: readonly SpaceContents[];
  /** `at` of the newest answer, or null. */
  readonly newestAnswerAt: number | null;
}

export interface SpaceContents {
  readonly name: string;
  readonly creationId: string;
  /** The version that `records` and `tombstones` show; 0 when there was no fold yet. */
  readonly foldedVersion: number;
  /** Positions below it can't be served from tombstones: some of them are gone. */
  readonly tombstoneFloor: number;
  /** Rows `(epoch, first version)`, in order (rule E1). */
  readonly lineage: readonly LineageRow[];
  readonly records: readonly StoredRecord[];
  readonly tombstones: readonly StoredTombstone[];
  /** The groups after `foldedVersion`, without a gap (else `store_damaged`): the last one ends at the head. */
  readonly log: readonly LogRow[];
  /** As left by a clean close (rule G2); null once anything was folded without one. */
  readonly digest: { readonly version: number; readonly digest: string } | null;
}

export interface LineageRow {
  readonly epoch: string;
  readonly firstVersion: number;
}

export interface StoredRecord {
  readonly collection: string;
  readonly id: string;
  /** The version that last touched it. */
  readonly version: number;
  /** The record as JSON. */
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
  /** Wall clock of the commit, ms since 1970. */
  readonly at: number;
  /** The effective changes, one for each version, as `changesToText` writes them. */
  readonly changes: string;
}

/** What one commit makes durable, together or not at all. The entries of `spaces` are carried out in their order. */
export interface CommitGroup {
  readonly at: number;
  /** By which ages are measured (`Retention`): like `at`, but for jumps ahead of the wall clock. */
  readonly ageAt: number;
  readonly spaces: readonly SpaceCommit[];
  readonly history: readonly HistoryRow[];
  readonly answers: readonly StoredAnswer[];
}

/** Made when it is first read, which costs a fifth of deciding: a store in memory may never need it. */
export interface ChangesText {
  /** As in `LogRow`. */
  readonly text: string;
}

export interface SpaceCommit {
  readonly name: string;
  /** Set in the group that makes the space. An older space of the name is gone then, with all it had but its history. */
  readonly creationId: string | null;
  /**
   * The space ends here: its records, log, lineage and tombstones go, its history stays for its retention. Nothing else
   * in this entry counts then.
   */
  readonly removed: boolean;
  /** Set in the space's first group of this epoch (rule E1). */
  readonly lineage: LineageRow | null;
  /** First and last version of the group; `lastVersion` is `firstVersion` - 1 when it has no change. */
  readonly firstVersion: number;
  readonly lastVersion: number;
  /** Of no interest when there is no change. */
  readonly changes: ChangesText;
}

export interface HistoryRow {
  readonly space: string;
  /** Of the space that it left; null: an older release stored it without. */
  readonly creationId: string | null;
  readonly collection: string;
  readonly id: string;
  /** The version that evicted it. */
  readonly version: number;
  readonly at: number;
  readonly text: string;
}

export interface StoredHistoryRow extends HistoryRow {
  /** Its place among all that was ever evicted, over all spaces: never given out twice. */
  readonly position: number;
}

export interface AnswerQuery {
  readonly key: string;
  /** Whose key it is: answers are bounded for each of them. */
  readonly owner: string;
  /** When the key was made, by its maker's clock, ms since 1970; null when it doesn't say. */
  readonly madeAt: number | null;
}

export interface StoredAnswer extends AnswerQuery {
  readonly bodyHash: string;
  /** `ageAt` of its group. */
  readonly at: number;
  /** The version of the main space at which the effect is in the state. */
  readonly version: number;
  /** JSON. */
  readonly answer: string;
}

export interface Fold {
  readonly space: string;
  readonly creationId: string;
  /** The committed version that the rows show: the last one of a group. */
  readonly version: number;
  readonly records: readonly StoredRecord[];
  readonly tombstones: readonly StoredTombstone[];
  /** Tombstones at or below it are dropped. Never lower than before. */
  readonly tombstoneFloor: number;
  /** Of the state at `version`; only at a clean close. */
  readonly digest: string | null;
}

export interface LogQuery {
  readonly space: string;
  readonly afterVersion: number;
  readonly limit: number;
}

export interface HistoryQuery {
  readonly space: string;
  /** Of one creation of the space; absent: of all that ever had its name, one after the other. */
  readonly creationId?: string;
  readonly collection?: string;
  /** Rows behind this `position`. */
  readonly after?: number;
  /** Rows before this `position`. With it the newest `limit` of them are meant. */
  readonly before?: number;
  readonly limit: number;
}

export interface StoreMetrics {
  /** Rows, bytes and seconds by name, for `/metrics`. */
  readonly [name: string]: number;
}

/**
 * A commit that failed. `nothing_moved`: rolled back before COMMIT, the store works on (disk full).
 * `unknown`: the disk or COMMIT itself failed; whether the group is stored shows only after a restart (rule A1).
 */
export class StoreFailure extends Error {
  override readonly name = "StoreFailure";
  readonly outcome: "nothing_moved" | "unknown";

  constructor(outcome: "nothing_moved" | "unknown", message: string, cause?: unknown) {
    super(message, { cause });
    this.outcome = outcome;
  }
}
