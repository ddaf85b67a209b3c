/** The simulated machine under the store of one process: its clock, its thread and its way to the disk. */

import { SyncError } from "@neverstale/protocol";
import {
  type CheckpointResult,
  type Database,
  type OpenData,
  runStep,
  type StoreMachine,
  type StoreSettings,
  StoreSteps,
  type TableAccess,
  type WriterThread,
} from "@neverstale/store-sqlite/sliced";
import { type Disk, ProcessGone } from "./disk.ts";

/** Once the process is gone nothing that it began goes on. */
export class SimMachine implements StoreMachine {
  readonly name = "the simulated disk";
  readonly #disk: Disk;
  readonly #settings: StoreSettings;
  gone = false;
  /** With true, a transaction of the other thread has to be on the disk before anybody hears that it has ended. */
  mustForce = false;
  /** Writing on the thread of the authority has taken so long. The world's clock doesn't know of that time. */
  #busyMs = 0;

  constructor(disk: Disk, settings: StoreSettings) {
    this.#disk = disk;
    this.#settings = settings;
  }

  readonly now = (): number => this.#disk.clock.now + this.#busyMs;

  readonly soon = (run: () => void): void => {
    this.#disk.clock.after(0, () => {
      if (!this.gone) run();
    });
  };

  open(): OpenData {
    if (this.#disk.openedBy !== null)
      throw new SyncError("store_locked", `another process works on ${this.name}`, { hint: "Stop it first." });
    this.#disk.openedBy = this;
    return { database: this.#database(true), endRun: () => {}, release: () => this.#release() };
  }

  #release(): void {
    if (this.#disk.openedBy === this) this.#disk.openedBy = null;
  }

  startThread(): WriterThread {
    return new SimThread(this, this.#disk, new StoreSteps(this.#database(false), this.now, this.#settings));
  }

  /** With `inline` it is on the thread of the authority, which waits until the disk has done its work. */
  #database(inline: boolean): Database {
    const connection = (forces: boolean): TableAccess => {
      const transaction = <Result>(work: () => Result): Result => {
        this.mustBeThere();
        if (inline && forces) this.#busyMs += this.#disk.faults.syncMs * this.#disk.random.next();
        if (forces) this.mustForce = true;
        return this.#disk.transaction(work, forces && inline);
      };
      return { tables: this.#disk.tables, transaction };
    };
    const checkpoint = (): CheckpointResult => {
      this.mustBeThere();
      return this.#disk.checkpoint();
    };
    return { full: connection(true), background: connection(false), checkpoint, close: () => {} };
  }

  mustBeThere(): void {
    if (this.gone) throw new ProcessGone("the process has ended");
  }

  explain(error: unknown): Error {
    return error instanceof Error ? error : new Error(String(error));
  }

  /** It copies one moment of the disk, at which nothing that can be seen is on its way to it. */
  async backup(path: string): Promise<void> {
    if (this.#disk.backups.has(path))
      throw new SyncError("store_unavailable", `${path} exists already`, { hint: "Choose another name." });
    do await this.pass(1);
    while (!this.#disk.isTold);
    this.#disk.backups.set(path, this.#disk.image());
  }

  /** Time passes on the disk. A process that is gone waits for ever. */
  pass(ms: number): Promise<void> {
    if (this.gone) return never();
    if (ms === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#disk.clock.after(ms, () => {
        if (!this.gone) resolve();
      });
    });
  }

  /** It returns the promise as a process sees it that may have ended. Then the promise never settles. */
  async whileThere<Result>(promise: Promise<Result>): Promise<Result> {
    try {
      const result = await promise;
      return this.gone ? never() : result;
    } catch (error) {
      if (this.gone) return never();
      throw error;
    }
  }
}

type Ask = WriterThread["ask"];
type ThreadStep = Parameters<Ask>[0];

/** Steps of the background are short beside a commit. */
const BACKGROUND_SHARE = 0.25;

/** This thread commits and does the background work: one step after the other, each in its time. */
class SimThread implements WriterThread {
  readonly #machine: SimMachine;
  readonly #disk: Disk;
  readonly #steps: StoreSteps;
  #last: Promise<unknown> = Promise.resolve();

  constructor(machine: SimMachine, disk: Disk, steps: StoreSteps) {
    this.#machine = machine;
    this.#disk = disk;
    this.#steps = steps;
  }

  readonly ask = ((step: ThreadStep, ...args: unknown[]) => {
    const answer = this.#last.then(() => this.#machine.whileThere(this.#run(step, args)));
    this.#last = answer.catch(() => {});
    return answer;
  }) as Ask;

  async #run(step: ThreadStep, args: readonly unknown[]) {
    const { faults, random, clock } = this.#disk;
    const startedAt = clock.now;
    const share = step === "commit" ? 1 : WRITES.includes(step) ? BACKGROUND_SHARE : 0;
    await this.#machine.pass(faults.writeMs * share * random.next());
    this.#machine.mustForce = false;
    const { value } = runStep(this.#steps, step, args, this.#machine.now);
    if (this.#machine.mustForce) await this.#force();
    return { value, tookMs: clock.now - startedAt };
  }

  async #force(): Promise<void> {
    const { faults, random } = this.#disk;
    await this.#machine.pass(faults.syncMs * random.next());
    this.#machine.mustBeThere();
    this.#disk.force();
    this.#disk.springAt("commit", "synced");
    await this.#machine.pass(random.chance(0.2) ? 1 : 0);
  }
}

const WRITES: readonly ThreadStep[] = ["writeRows", "trim", "checkpoint"];

export function never(): Promise<never> {
  return new Promise(() => {});
}
