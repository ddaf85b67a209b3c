import { type Store, StoreFailure } from "@neverstale/server";
import type { Disk, Fold, Write } from "./disk.ts";
import type { CommitGroup } from "./oracle.ts";

/** How long a read takes. */
const READ_MS = 1;
/** Records of a fold that are written at a time; commits pass in between. */
const FOLD_SLICE = 3;

/** The store of one process on the simulated disk: every write takes its steps, and a process that is gone hears no more. */
export class SimStore implements Store {
  readonly #disk: Disk;
  readonly #memory: Disk["memory"];
  #epoch = "";
  #gone = false;
  /** After an error that leaves the outcome unknown nothing works any more. */
  failed = false;
  #last: Promise<unknown> = Promise.resolve();

  constructor(disk: Disk, memory: Disk["memory"]) {
    this.#disk = disk;
    this.#memory = memory;
  }

  /** The process has ended: nothing it asked for is answered, nothing it asks for is done. */
  abandon(): void {
    this.#gone = true;
  }

  async open(): ReturnType<Store["open"]> {
    await this.#pass(READ_MS);
    return this.#memory.open();
  }

  async beginEpoch(epoch: string): Promise<void> {
    await this.#inTurn({ kind: "epoch", epoch });
    this.#epoch = epoch;
  }

  commit(group: CommitGroup): void | Promise<void> {
    if (this.#gone) return never();
    if (this.failed) throw afterUnknown();
    const write: Write = { kind: "commit", group, epoch: this.#epoch };
    const { config, random } = this.#disk;
    return random.chance(config.inlineShare) ? this.#commitInline(write) : this.#inTurn(write);
  }

  /** On the thread of the authority: it is over when this returns. */
  #commitInline(write: Write): undefined | Promise<void> {
    this.#refuse();
    if (this.#springs(write, "before")) return never();
    if (this.#disk.faults.errorAtNext === write.kind) throw this.#unknown(write);
    this.#disk.written(write);
    if (this.#springs(write, "written")) return never();
    this.#disk.synced();
    return this.#springs(write, "synced") ? never() : undefined;
  }

  async fold(fold: Fold): Promise<void> {
    const slices = Math.ceil((fold.records.length + fold.tombstones.length) / FOLD_SLICE);
    for (let slice = 1; slice < slices; slice += 1) await this.#turn(() => this.#pass(this.#disk.faults.writeMs));
    await this.#inTurn({ kind: "fold", fold });
  }

  #inTurn(write: Write): Promise<void> {
    return this.#turn(() => this.#write(write));
  }

  /** One at a time, in order. */
  #turn(work: () => Promise<void>): Promise<void> {
    const run = this.#last.then(work);
    this.#last = run.catch(() => {});
    return run;
  }

  async #write(write: Write): Promise<void> {
    if (this.failed) throw afterUnknown();
    const { faults, random } = this.#disk;
    if (this.#springs(write, "before")) return never();
    await this.#pass(faults.writeMs * random.next());
    if (this.#gone) return never();
    this.#refuse();
    if (faults.errorAtNext === write.kind) throw this.#unknown(write);
    this.#disk.written(write);
    if (this.#springs(write, "written")) return never();
    await this.#pass(faults.syncMs * random.next());
    if (this.#gone) return never();
    this.#disk.synced();
    if (this.#springs(write, "synced")) return never();
    await this.#pass(random.chance(0.2) ? 1 : 0);
  }

  #refuse(): void {
    if (!this.#disk.faults.full) return;
    this.#disk.counters.add("disk_full");
    throw new StoreFailure("nothing_moved", "the disk is full");
  }

  /** The disk says no, after it may have done it. */
  #unknown(write: Write): StoreFailure {
    this.#disk.faults.errorAtNext = null;
    this.failed = true;
    this.#disk.counters.add(`disk_error_${write.kind}`);
    this.#disk.note(`fails at ${write.kind}`);
    const stored = this.#disk.random.chance(0.5);
    this.#disk.counters.add(stored ? "unknown_outcome_stored" : "unknown_outcome_not_stored");
    if (stored) this.#disk.written(write);
    return new StoreFailure("unknown", "the disk failed");
  }

  #springs(write: Write, point: "before" | "written" | "synced"): boolean {
    const { trap } = this.#disk.faults;
    if (trap === null || trap.kind !== write.kind || trap.point !== point) return false;
    this.#disk.faults.trap = null;
    this.#disk.counters.add(`crash_${write.kind}_${point}`);
    this.#disk.note(`crash at ${write.kind}, ${point}`);
    trap.spring();
    return true;
  }

  /** Time passes on the disk; a process that is gone waits for ever. */
  #pass(ms: number): Promise<void> {
    if (this.#gone) return never();
    if (ms === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#disk.clock.after(ms, () => {
        if (!this.#gone) resolve();
      });
    });
  }

  async findAnswer(query: Parameters<Store["findAnswer"]>[0]): ReturnType<Store["findAnswer"]> {
    await this.#pass(READ_MS);
    return this.#memory.findAnswer(query);
  }

  async readLog(query: Parameters<Store["readLog"]>[0]): ReturnType<Store["readLog"]> {
    await this.#pass(READ_MS);
    return this.#memory.readLog(query);
  }

  async readHistory(query: Parameters<Store["readHistory"]>[0]): ReturnType<Store["readHistory"]> {
    await this.#pass(READ_MS);
    return this.#memory.readHistory(query);
  }

  /** Between two writes, so that what is copied is one moment of the disk. */
  backup(path: string): Promise<void> {
    return this.#turn(async () => {
      await this.#pass(READ_MS);
      this.#disk.backups.set(path, this.#disk.image());
    });
  }

  /** The next process mounts what is here anyway. */
  async close(): Promise<void> {
    await this.#last;
    await this.#pass(READ_MS);
  }

  metrics(): ReturnType<Store["metrics"]> {
    return this.#memory.metrics();
  }
}

function never(): Promise<never> {
  return new Promise(() => {});
}

function afterUnknown(): StoreFailure {
  return new StoreFailure("unknown", "the disk failed before");
}
