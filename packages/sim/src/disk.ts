import { memoryStore, type Store } from "@neverstale/server";
import type { Clock } from "./clock.ts";
import type { Counters } from "./counters.ts";
import { Branch, type CommitGroup, type Oracle, type Report } from "./oracle.ts";
import type { Random } from "./random.ts";
import { SimStore } from "./sim-store.ts";

type Memory = ReturnType<typeof memoryStore>;
export type MemoryData = ReturnType<Memory["dump"]>;
export type Fold = Parameters<Store["fold"]>[0];

/** What one write does to the disk. */
export type Write =
  | { readonly kind: "epoch"; readonly epoch: string }
  | { readonly kind: "commit"; readonly group: CommitGroup; readonly epoch: string }
  | { readonly kind: "fold"; readonly fold: Fold };

/** Where in a write the process ends: nothing is written, it is written but not forced to disk, it is, and nobody knows. */
export type CrashPoint = "before" | "written" | "synced";

/** Ends the process at the next write of a kind. */
export interface Trap {
  readonly kind: Write["kind"];
  readonly point: CrashPoint;
  readonly spring: () => void;
}

/** All that the disk holds at one moment, with what the oracle knows of it. */
export interface Image {
  readonly data: MemoryData;
  readonly branch: Branch;
}

/** Times in ms; what can go wrong now. */
export interface DiskFaults {
  writeMs: number;
  syncMs: number;
  full: boolean;
  /** The next write of that kind fails with an error after which nobody knows whether it is stored. */
  errorAtNext: Write["kind"] | null;
  trap: Trap | null;
}

export interface DiskConfig {
  /** How often a commit answers at once, without a promise. */
  readonly inlineShare: number;
  /** Changes that are kept in the log once they are folded. */
  readonly logChanges: number;
}

export interface DiskWorld {
  readonly clock: Clock;
  readonly random: Random;
  readonly counters: Counters;
  readonly oracle: Oracle;
  readonly report: Report;
  readonly note: (text: string) => void;
}

const EMPTY: MemoryData = { epochs: [], spaces: [], log: [], history: [], answers: [] };
export const EMPTY_IMAGE: Image = { data: EMPTY, branch: new Branch() };

/**
 * The disk under one authority. What was written but not forced to disk outlives the process and not a power cut.
 * `kill` and `cutPower` end whatever store is mounted: it never answers again.
 */
export class Disk {
  readonly clock: Clock;
  readonly random: Random;
  readonly counters: Counters;
  readonly faults: DiskFaults = { writeMs: 0, syncMs: 0, full: false, errorAtNext: null, trap: null };
  readonly config: DiskConfig;
  readonly #usualMs: number;
  /** Copies made by the authority, by path. */
  readonly backups = new Map<string, Image>();
  readonly #oracle: Oracle;
  readonly #report: Report;
  readonly note: (text: string) => void;
  /** Everything that was forced to disk, and what survived of the rest when it was last mounted. */
  memory: Memory;
  branch = new Branch();
  /** Written since, in order. */
  #unsynced: Write[] = [];
  /** What was there before each write that was mounted and is not forced to disk yet: a power cut can bring it back. */
  #beforeMounted: Image[] = [];
  /** Since a restore; null: there was none. */
  #epochsSinceRestore: number | null = null;
  #mounted: SimStore | null = null;

  constructor(world: DiskWorld, config: DiskConfig) {
    const { clock, random, counters, oracle, report, note } = world;
    this.#report = report;
    this.note = note;
    this.clock = clock;
    this.random = random;
    this.counters = counters;
    this.#oracle = oracle;
    this.config = config;
    this.memory = this.#memoryOf(EMPTY);
    this.#usualMs = random.pick([0, 1, 5, 30]);
    this.slowDown(0);
  }

  /** A store on what the disk holds, for a process that starts. */
  mount(): SimStore {
    for (const write of this.#unsynced.splice(0)) {
      this.#beforeMounted.push(this.image());
      this.#carryOut(write);
    }
    const data = this.memory.dump();
    this.memory = this.#memoryOf(data);
    this.branch = this.branch.fork();
    this.#mounted = new SimStore(this, this.memory);
    return this.#mounted;
  }

  #memoryOf(data: MemoryData): Memory {
    return memoryStore({ data, retention: { logChanges: this.config.logChanges } });
  }

  image(): Image {
    return { data: this.memory.dump(), branch: this.branch.fork() };
  }

  /** Into the page cache. */
  written(write: Write): void {
    this.#unsynced.push(write);
  }

  /** Forced to disk, with everything written before. */
  synced(): void {
    for (const write of this.#unsynced.splice(0)) this.#carryOut(write);
    this.#beforeMounted = [];
  }

  #carryOut(write: Write): void {
    this.note(nameOf(write));
    if (write.kind === "fold") this.#mustWork(this.memory.fold(write.fold));
    else if (write.kind === "epoch") this.#begin(write.epoch);
    else {
      this.#judge(write.group, write.epoch);
      this.memory.commit(write.group);
    }
  }

  /** A judge who stumbles must not look like a disk that fails. */
  #judge(group: CommitGroup, epoch: string): void {
    try {
      this.#oracle.commit(this.branch, group, epoch, this.clock.now);
    } catch (error) {
      this.#report("crash", `the oracle can't read a group: ${String(error)}`);
    }
  }

  #begin(epoch: string): void {
    if (this.#epochsSinceRestore !== null) this.#epochsSinceRestore += 1;
    if (this.#epochsSinceRestore === 2) this.counters.add("further_epoch_after_restore");
    this.#mustWork(this.memory.beginEpoch(epoch));
    this.#oracle.begin(epoch, this.branch);
  }

  /** The memory store is done when it returns; it only refuses what breaks its contract. */
  #mustWork(done: Promise<void>): void {
    done.catch((error: unknown) => this.#report("crash", `the store refuses a write: ${String(error)}`));
  }

  /** The process is gone; what it had written stays. */
  kill(): void {
    if (this.#unsynced.length > 0) this.counters.add("kill_kept_unsynced");
    this.#unmount();
  }

  /** The machine is gone: of what was not forced to disk the first so many writes stay, or none, or all. */
  cutPower(): void {
    const mounted = this.#beforeMounted.length;
    const count = mounted + this.#unsynced.length;
    const kept = this.random.int(0, count);
    if (kept > 0) this.counters.add("power_cut_kept_unsynced");
    if (kept < count) this.counters.add("power_cut_lost_unsynced");
    if (kept > 0 && kept < count) this.counters.add("power_cut_kept_a_part");
    const before = this.#beforeMounted[kept];
    const unsynced = this.#unsynced.slice(0, Math.max(0, kept - mounted));
    this.#unsynced = [];
    this.#beforeMounted = [];
    if (before !== undefined) this.#place(before);
    for (const write of unsynced) this.#carryOut(write);
    this.#unmount();
  }

  #unmount(): void {
    this.#mounted?.abandon();
    this.#mounted = null;
    this.faults.trap = null;
  }

  /** Another image takes the place of what is there. Only while nothing is mounted. */
  restore(image: Image): void {
    this.#unsynced = [];
    this.#epochsSinceRestore = 0;
    this.#place(image);
  }

  #place({ data, branch }: Image): void {
    this.#beforeMounted = [];
    this.memory = this.#memoryOf(data);
    this.branch = branch.fork();
  }

  /** Each step of a write takes up to so long, beside what it takes on this disk anyway. */
  slowDown(ms: number): void {
    this.faults.writeMs = this.#usualMs + ms;
    this.faults.syncMs = this.#usualMs + ms;
  }

  heal(): void {
    Object.assign(this.faults, { full: false, errorAtNext: null, trap: null });
    this.slowDown(0);
  }
}

/** For the trace. */
function nameOf(write: Write): string {
  if (write.kind === "epoch") return `epoch ${write.epoch}`;
  if (write.kind === "fold") return `fold ${write.fold.records.length} ${write.fold.tombstones.length}`;
  const spaces = write.group.spaces.map(
    ({ name, firstVersion, lastVersion }) => `${name} ${firstVersion}-${lastVersion}`,
  );
  return `commit ${spaces.join(", ")}`;
}
