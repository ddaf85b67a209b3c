/** The disk under one authority: what was committed but not forced to it outlives the process, and not a power cut. */

import type { VirtualClock } from "@neverstale/base";
import { type Retention, StoreFailure } from "@neverstale/server";
import type { CommitGroup } from "@neverstale/server/store";
import type { StoreSettings } from "@neverstale/store-sqlite/sliced";
import type { RunCounters } from "../checks/counters.ts";
import { Branch, type Report } from "../checks/history.ts";
import type { Oracle } from "../checks/oracle.ts";
import type { Random } from "../plan/random.ts";
import type { Models } from "../plan/releases.ts";
import type { RollbackJournal, WriteKind } from "./journal.ts";
import { SimTables } from "./sim-tables.ts";
import { copyOfTables, emptyTables, type TableData } from "./table-data.ts";

/** `kill` and `cutPower` end whatever store is mounted. It never answers again. */
export class Disk {
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly counters: RunCounters;
  readonly faults: DiskFaults = { writeMs: 0, syncMs: 0, full: false, errorAtNext: null, trap: null };
  readonly config: DiskConfig;
  readonly #usualMs: number;
  /** These copies were made by the authority. They stand by path. */
  readonly backups = new Map<string, Image>();
  readonly #oracle: Oracle;
  readonly report: Report;
  readonly note: (text: string) => void;
  tables: SimTables;
  branch = new Branch();
  /** This process has opened it. */
  openedBy: object | null = null;
  /** It has failed under the process that runs, which learns of a checkpoint's failure only with its next write. */
  hasFailed = false;
  /** This commit is being written. */
  handedOver: HandedOver | null = null;
  /** They stand in order. When one of them is forced to disk, all before it are, too. */
  #unforced: Entry[] = [];
  /** So many rows were written since the last checkpoint that moved all of them. */
  #logPages = 0;
  /** So many epochs began since a restore. It is null when there was none. */
  #epochsSinceRestore: number | null = null;
  #mounted: Mounted | null = null;

  constructor(world: DiskWorld, config: DiskConfig) {
    const { clock, random, counters, oracle, report, note } = world;
    this.report = report;
    this.note = note;
    this.clock = clock;
    this.random = random;
    this.counters = counters;
    this.#oracle = oracle;
    this.config = config;
    this.tables = this.#tablesOf(emptyTables());
    this.#usualMs = random.pick([0, 1, 5, 30]);
    this.slowDown(0);
  }

  #tablesOf(data: TableData): SimTables {
    return new SimTables(data, (name) => this.counters.add(name));
  }

  /** A process starts. `make` gives it its store, on what the disk holds. */
  mount<Store extends Mounted>(make: (branch: Branch) => Store): Store {
    for (const entry of this.#unforced) {
      if (entry.told) continue;
      entry.before = this.branch.fork();
      this.#tell(entry);
    }
    this.branch = this.branch.fork();
    const store = make(this.branch);
    this.#mounted = store;
    return store;
  }

  image(): Image {
    return { data: copyOfTables(this.tables.data), branch: this.branch.fork() };
  }

  /** It is true when the oracle knows all that has been committed. */
  get isTold(): boolean {
    return this.#unforced.every(({ told, tell }) => told || tell === null);
  }

  /**
   * It commits one transaction, or fails as disks do. With `forces` the transaction has been forced to disk when this
   * returns.
   */
  transaction<Result>(work: () => Result, forces: boolean): Result {
    const { journal, result } = this.#carryOut(work);
    const { kind } = journal;
    if (kind === null) return result;
    this.#refuse(journal);
    this.springAt(kind, "before", journal);
    this.#failAt(kind, journal);
    this.#written(journal);
    this.springAt(kind, "written");
    if (!forces && kind === "commit") return result;
    if (forces) this.force();
    this.springAt(kind, "synced");
    return result;
  }

  #carryOut<Result>(work: () => Result): { journal: RollbackJournal; result: Result } {
    const journal = this.tables.begin();
    try {
      return { journal, result: work() };
    } catch (error) {
      undo(journal);
      throw new StoreFailure("nothing_moved", error instanceof Error ? error.message : String(error), error);
    } finally {
      this.tables.end();
    }
  }

  #refuse(journal: RollbackJournal): void {
    if (!this.faults.full) return;
    undo(journal);
    this.counters.add("disk_full");
    throw new StoreFailure("nothing_moved", "the disk is full");
  }

  /** The disk says no, after it may have done it. */
  #failAt(kind: Write, journal: RollbackJournal | null): void {
    if (this.faults.errorAtNext !== kind) return;
    this.faults.errorAtNext = null;
    this.hasFailed = true;
    this.counters.add(`disk_error_${kind}`);
    this.note(`fails at ${kind}`);
    const stored = this.random.chance(0.5);
    this.counters.add(stored ? "unknown_outcome_stored" : "unknown_outcome_not_stored");
    if (journal !== null && stored) this.#written(journal);
    else if (journal !== null) undo(journal);
    throw new StoreFailure("unknown", "the disk failed");
  }

  /** It ends the process where somebody wants it, at the end of a step of a write. With a `journal`, that is undone. */
  springAt(kind: Write, point: CrashPoint, journal: RollbackJournal | null = null): void {
    const { trap } = this.faults;
    if (trap === null || trap.kind !== kind || trap.point !== point) return;
    if (trap.skip !== undefined && trap.skip > 0) {
      trap.skip -= 1;
      return;
    }
    if (journal !== null) undo(journal);
    this.faults.trap = null;
    this.counters.add(`crash_${kind}_${point}`);
    this.note(`crash at ${kind}, ${point}`);
    trap.spring();
    throw new ProcessGone(`the process ended at ${kind}, ${point}`);
  }

  /** The transaction is in the page cache from here on. */
  #written(journal: RollbackJournal): void {
    this.#unforced.push({ journal, tell: this.#tellOf(journal), told: false, before: null });
    this.#logPages += journal.rows;
    if (journal.kind !== "commit" && journal.kind !== "epoch") this.note(`${journal.kind} ${journal.rows}`);
  }

  #tellOf({ kind }: RollbackJournal): (() => void) | null {
    if (kind === "epoch") {
      const epoch = this.tables.data.epochs.at(-1) ?? "";
      return () => this.#begin(epoch);
    }
    const { handedOver } = this;
    return kind === "commit" && handedOver !== null ? () => this.#judge(handedOver) : null;
  }

  /** Everything that has been committed is on the disk from here on. */
  force(): void {
    for (const entry of this.#unforced.splice(0)) if (!entry.told) this.#tell(entry);
  }

  #tell(entry: Entry): void {
    entry.told = true;
    entry.tell?.();
  }

  /** A judge who stumbles must not look like a disk that fails. */
  #judge({ group, epoch, models }: HandedOver): void {
    this.note(nameOf(group));
    try {
      this.#oracle.commit(this.branch, group, { epoch, now: this.clock.now, models });
    } catch (error) {
      this.report("crash", `the oracle can't read a group: ${String(error)}`);
    }
  }

  #begin(epoch: string): void {
    this.note(`epoch ${epoch}`);
    if (this.#epochsSinceRestore !== null) this.#epochsSinceRestore += 1;
    if (this.#epochsSinceRestore === 2) this.counters.add("further_epoch_after_restore");
    this.branch = this.branch.fork(); // What the oracle has of the run before ends here.
    this.#oracle.begin(epoch, this.branch);
  }

  /** It moves what it can to the database file. Readers may stand in the way of the last of it. */
  checkpoint(): { readonly logPages: number; readonly donePages: number } {
    if (this.faults.full) return { logPages: 0, donePages: 0 };
    this.springAt("checkpoint", "before");
    this.#failAt("checkpoint", null);
    this.force();
    this.springAt("checkpoint", "synced");
    const logPages = this.#logPages;
    const isWhole = this.random.chance(0.7);
    this.counters.add(isWhole ? "checkpoint_whole" : "checkpoint_in_part");
    if (isWhole) this.#logPages = 0;
    return { logPages, donePages: isWhole ? logPages : Math.floor(logPages * this.random.next()) };
  }

  /** The process is gone. What it had committed stays. */
  kill(): void {
    if (this.#unforced.length > 0) this.counters.add("kill_kept_unsynced");
    this.#unmount();
  }

  /** The machine is gone. Of the transactions that were not forced to disk the first few stay, or none, or all. */
  cutPower(): void {
    const count = this.#unforced.length;
    const kept = this.random.int(0, count);
    if (kept > 0) this.counters.add("power_cut_kept_unsynced");
    if (kept < count) this.counters.add("power_cut_lost_unsynced");
    if (kept > 0 && kept < count) this.counters.add("power_cut_kept_a_part");
    for (const entry of this.#unforced.splice(kept).reverse()) this.#lose(entry);
    this.force();
    this.#unmount();
  }

  #lose({ journal, before }: Entry): void {
    if (journal.kind === "fold" || journal.kind === "trim") this.counters.add("power_cut_lost_background");
    undo(journal);
    if (before !== null) this.branch = before.fork();
  }

  #unmount(): void {
    this.#mounted?.abandon();
    this.#mounted = null;
    this.openedBy = null;
    this.hasFailed = false;
    this.faults.trap = null;
  }

  /** Another image takes the place of what is there. It is called only while nothing is mounted. */
  restore({ data, branch }: Image): void {
    this.#unforced = [];
    this.#epochsSinceRestore = 0;
    this.tables = this.#tablesOf(copyOfTables(data));
    this.branch = branch.fork();
  }

  /** Each step of a write takes up to so many ms longer than it does on this disk anyway. */
  slowDown(ms: number): void {
    this.faults.writeMs = this.#usualMs + ms;
    this.faults.syncMs = this.#usualMs + ms;
  }

  heal(): void {
    Object.assign(this.faults, { full: false, errorAtNext: null, trap: null });
    // Steps of no time would go on while the clock jumps ahead of them, and a long fold would seem to take as long as all of that.
    this.slowDown(this.#usualMs === 0 ? QUICK_STEP_MS : 0);
  }
}

const QUICK_STEP_MS = 0.01;

/** A crash can come into these, and they can fail. */
export type Write = WriteKind | "checkpoint";

/**
 * The process ends here in a write: before anything is written, before it is forced to disk, or when it is and nobody
 * knows.
 */
export type CrashPoint = "before" | "written" | "synced";

/** A trap ends the process at the next write of a kind. */
interface Trap {
  readonly kind: Write;
  readonly point: CrashPoint;
  readonly spring: () => void;
  /** So many writes of the kind go by before. */
  skip?: number;
}

/** An image is all that the disk holds at one moment, with what the oracle knows of it. */
export interface Image {
  readonly data: TableData;
  readonly branch: Branch;
}

/** These can go wrong now. Times are in ms. */
export interface DiskFaults {
  writeMs: number;
  syncMs: number;
  full: boolean;
  /** The next write of that kind fails with an error after which nobody knows whether it is stored. */
  errorAtNext: Write | null;
  trap: Trap | null;
}

export interface DiskConfig {
  /** Commits run there. */
  readonly writer: "auto" | "inline" | "worker";
  /** It says what is kept of what has been folded, evicted or answered. */
  readonly retention: Partial<Retention>;
  readonly settings?: Partial<StoreSettings>;
}

export interface DiskWorld {
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly counters: RunCounters;
  readonly oracle: Oracle;
  readonly report: Report;
  readonly note: (text: string) => void;
}

/** It is a commit as it was handed to the store. */
export interface HandedOver {
  readonly group: CommitGroup;
  readonly epoch: string;
  readonly models: Models;
}

/** This transaction has been committed and not yet forced to disk. */
interface Entry {
  readonly journal: RollbackJournal;
  /** It tells the oracle. It is null for a transaction that is made of what the oracle knows. */
  readonly tell: (() => void) | null;
  told: boolean;
  /**
   * It is set when the oracle was told before the transaction was forced, for a process that started meanwhile. A power
   * cut brings it back.
   */
  before: Branch | null;
}

export const EMPTY_IMAGE: Image = { data: emptyTables(), branch: new Branch() };

/** This is the store of a process on the disk. It is told when the process has ended. */
export interface Mounted {
  abandon(): void;
}

/** It is thrown within a process that has ended. Whatever the process was doing ends here. */
export class ProcessGone extends Error {}

function undo({ undoSteps }: RollbackJournal): void {
  for (const step of undoSteps.reverse()) step();
}

/** The trace says it like this. */
function nameOf({ spaces }: CommitGroup): string {
  return `commit ${spaces.map(({ name, firstVersion, lastVersion }) => `${name} ${firstVersion}-${lastVersion}`).join(", ")}`;
}
