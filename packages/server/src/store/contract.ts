/** The contract says what a store must do: where the authority keeps its state, and what of it survives a crash. */

import type { PointStore } from "./points/point-store.ts";

/**
 * Every implementation passes `contract-suite.ts`, and one that several processes share passes `shared-suite.ts` too.
 *
 * Everything that is committed stands in one order, the chain. Each of its entries is a group of changes or a takeover, by which
 * a process begins its term: from then on it alone extends the chain, until the next takeover. A term is known by the epoch that
 * was drawn for it.
 *
 * There are two kinds of writes. `commit` is the durable truth: it appends an entry with the named changes of a group. `fold`
 * follows behind it, about once a second, and writes the records as they are at a committed version, so that `read` need not
 * replay the whole log. `read` returns the folded records and the log after them. Points stand apart from all that (`PointStore`).
 *
 * A store in a file, or in the memory of one process, is exclusive: `read` takes a lock, and nobody else writes until `close`
 * gives it away. A shared store has no lock. Each process has a store object of its own on the same data, and learns by `fenced`
 * that its term is over.
 *
 * The store reads no clock for what it keeps: ages are measured against the `ageAt` of the newest entry.
 * A call that breaks a precondition (numbers with a gap, two commits at once) is a bug and fails an assertion.
 */
export interface Store extends PointStore {
  /**
   * Reads all that is stored, as it is at one moment. An exclusive store locks its data before that, and brings it to today's
   * form. It throws `store_locked`, `store_newer_than_code` or `store_damaged`. A shared store may be read at any time. What this
   * object knew of the chain, its term among it, is forgotten then.
   */
  read(): Promise<StoreContents>;
  /**
   * Begins the term of this object by an entry directly behind `after`, and returns the place of that entry. The epoch enters the
   * ordered list with it (rule E1). A term that this object had before is over, whatever comes of the call. It rejects with a
   * `StoreFailure`: `fenced` means that the newest entry is another one than `after`, and that nothing was stored. After `unknown`
   * a shared store is asked once more, with the same takeover: where its entry stands as the newest one, the call resolves.
   */
  takeOver(takeover: Takeover): Promise<ChainHead>;
  /**
   * Makes a group durable as the next entry of the chain, all or nothing: it has been forced to disk when this returns, or when
   * its promise resolves (rule A1). There is one call at a time, and `firstVersion` follows the head of the space. When it fails,
   * it throws or rejects with a `StoreFailure`, which says what is known of the outcome. After `fenced` and `unknown` the term is
   * over. After `unknown` every call to an exclusive store but `close` and `metrics` fails with it too. At a shared one the next
   * takeover, whoever makes it, settles the doubt: what stands below its entry is committed, and all else never will be.
   */
  commit(group: CommitGroup): void | Promise<void>;
  /**
   * Writes what moved in one space since its last fold that succeeded, all or nothing as `read` sees it. There is one fold
   * at a time. It may run beside commits, and never delays one for longer than a slice of its rows takes. A fold of a space
   * that is gone, or was made again meanwhile, does nothing. The chain and its log, tombstones, answers and history are trimmed
   * here, so a space that is never folded holds up the trimming of the log. When a fold fails with `nothing_moved`, the next one
   * must hold its rows too. It rejects with `fenced` when the term is over, or when the newest entry that this object knows of
   * doesn't stand in the chain any more.
   */
  fold(fold: Fold): Promise<void>;
  /**
   * Finds the answer that was given under an idempotency key (rule D1). `null` means that none was given, or that the key
   * has no time and its answer is older than is kept. `expired` means that the key is older than the oldest answer that is
   * still kept of its owner: nobody knows whether one was given. It rejects with `fenced` when the term is over: an answer
   * that is looked up then counts for nothing.
   */
  findAnswer(query: AnswerQuery): Promise<StoredAnswer | "expired" | null>;
  /**
   * Returns the entries behind `afterSequence`, whole and in their order: at most `limit` of them, and no more than some 4 MiB of
   * text, but one in any case. It returns none at the end of the chain, and `trimmed` where the next entry is not kept any more.
   */
  readChain(query: ChainQuery): Promise<readonly ChainEntry[] | "trimmed">;
  /** Asks, in the data itself, for the newest entry and the newest beat. */
  confirm(): Promise<Confirmation>;
  /**
   * Raises the beat, as a sign that the term goes on while nothing is committed. It rejects with `fenced` when the newest entry
   * is not the one that this object wrote last, and is never called while a commit is under way.
   */
  beat(): Promise<void>;
  /**
   * Returns the changes of a space above `afterVersion`, oldest first, by whole groups and at most `limit` groups. It returns
   * nothing where there is no such space.
   */
  readLog(query: LogQuery): Promise<LogRow[]>;
  /** Returns the records that left the live state of a space, oldest first. */
  readHistory(query: HistoryQuery): Promise<StoredHistoryRow[]>;
  /**
   * Takes the rows of the history away that stand at these positions, a slice at a time, and returns how many went. Positions are never
   * given out again. It rejects as a fold does. After `nothing_moved` a part may be gone.
   */
  dropHistory(positions: readonly number[]): Promise<number>;
  /**
   * Makes a verified copy: its integrity is checked, it is forced to disk, and then it gets its name. It throws
   * `store_unavailable` when `path` exists. A shared store may leave copies to its database, and throws `store_unavailable` then,
   * with a hint.
   */
  backup(path: string): Promise<void>;
  /** Waits for what is under way and releases the lock. The caller has made the last fold. `read` works again afterwards. */
  close(): Promise<void>;
  metrics(): StoreMetrics;
}

export interface StoreContents {
  /** It lists the newest epochs in their order: as many as the retention says, and those that an entry which is kept names. */
  readonly epochs: readonly string[];
  readonly spaces: readonly SpaceContents[];
  /** This is the place of the newest entry: all up to it is in `spaces`. It is null where nobody has taken over yet. */
  readonly head: ChainHead | null;
  /** This is the newest takeover, by whoever is the writer. */
  readonly takeover: TakeoverEntry | null;
  /**
   * This is `ageAt` of the newest entry. In a store of an older release, which had no chain, it is that of the newest answer.
   * It is null where neither is there.
   */
  readonly ageAt: number | null;
}

/** The place of an entry says where in the chain it stands, and in which term. Two histories never have the same place. */
export interface ChainHead {
  /** Entries are numbered from 1 on, without a hole. */
  readonly sequence: number;
  /** This is the epoch of the takeover that began the term. */
  readonly term: string;
}

export interface Takeover {
  /** It was drawn for this takeover, and was never in the list. */
  readonly epoch: string;
  /** The other processes reach this one there. It is null where there are no others. */
  readonly address: string | null;
  /** This is the number of the model by which changes are validated in this term. */
  readonly model: number;
  /** These two are as in a `CommitGroup`. */
  readonly at: number;
  readonly ageAt: number;
  /** The caller has applied all up to this entry. It is null for a store in which nobody has taken over yet. */
  readonly after: ChainHead | null;
}

/** An entry holds all that a process needs which follows. */
export type ChainEntry = TakeoverEntry | GroupEntry;

export interface TakeoverEntry extends EntryFacts {
  readonly type: "takeover";
  readonly address: string | null;
  readonly model: number;
}

export interface GroupEntry extends EntryFacts {
  readonly type: "group";
  /** They are in the order in which they were committed. What was both made and ended in the group is not among them. */
  readonly spaces: readonly ChainSpace[];
}

interface EntryFacts extends ChainHead {
  /** This is the term of the entry before it. It is null for the first entry. */
  readonly termBefore: string | null;
  readonly at: number;
  readonly ageAt: number;
}

/** This is what one entry did to one space. A space that is made takes the place of none: that one ends before it. */
export interface ChainSpace extends SpaceMove {
  /**
   * These are the changes as in a `LogRow`, and an empty text when there is none. Null means that they were let go of with their
   * space, which was not archived, and whose end stands further on in the chain.
   */
  readonly changes: string | null;
}

export interface Confirmation {
  readonly head: ChainHead | null;
  /** It has been raised so often. In a shared store it never goes down, from one term to the next. */
  readonly beat: number;
  /** With false the answer came with a warning: nobody knows whether what it says outlives the machine that gave it. */
  readonly sure: boolean;
  /**
   * It names the server that gave the answer, in the time since its start. An old primary that lives on has another name than the new
   * one, and counts beats of its own. It is absent where a store can't tell them apart.
   */
  readonly server?: string | undefined;
}

export interface ChainQuery {
  readonly afterSequence: number;
  readonly limit: number;
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

export interface SpaceCommit extends SpaceMove {
  /** It is not looked at when there is no change. */
  readonly changes: ChangesText;
}

/** This is what a group does to one space, but for the changes. */
export interface SpaceMove {
  readonly name: string;
  /**
   * It is set in the group that makes the space. An older space of that name is gone then, with everything that it had but its
   * history and its part of the chain.
   */
  readonly creationId: string | null;
  /**
   * With true the space ends here: its records, lineage and tombstones go. Its log stays in the chain until it is trimmed. Nothing
   * but `archived` counts in this entry then.
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
  /** The rows are what moved behind this version. A shared store refuses them with `RowsLost` where its own rows are older. */
  readonly after: number;
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
 * A write failed. `nothing_moved` means that it was rolled back and the store works on, as with a full disk. `fenced` means that
 * nothing was stored either, and that the term is over: somebody else has taken over, or this object has no term. `unknown` means
 * that the disk or COMMIT itself failed: only the next takeover shows whether the group is stored (rule A1).
 */
export class StoreFailure extends Error {
  override readonly name = "StoreFailure";
  readonly outcome: StoreOutcome;

  constructor(outcome: StoreOutcome, message: string, cause?: unknown) {
    super(message, { cause });
    this.outcome = outcome;
  }
}

/**
 * A fold was refused because the store's own rows are older than what it goes on from: a database came back without the fold before
 * it. Nothing was stored, the term is over, and what this process knows of the rows is to be read anew.
 */
export class RowsLost extends StoreFailure {
  constructor() {
    super("fenced", "the database came back without rows that were folded");
  }
}

export type StoreOutcome = "nothing_moved" | "fenced" | "unknown";
