/** The store of one process is the real one, on the simulated disk. */

import { RETENTION, type Retention, type Store } from "@neverstale/server";
import type { ChainHead, CommitGroup, Fold, Takeover } from "@neverstale/server/store";
import { SlicedStore, STORE_SETTINGS } from "@neverstale/store-sqlite/sliced";
import type { Branch } from "../checks/history.ts";
import { overBound } from "../checks/table-bounds.ts";
import { FIRST_RELEASE, type Models, modelsOf } from "../plan/releases.ts";
import type { Disk, Mounted } from "./disk.ts";
import { never, SimMachine } from "./sim-machine.ts";

/** A process that is gone hears no more of it. */
export class SimStore implements Store, Mounted {
  readonly #disk: Disk;
  readonly #machine: SimMachine;
  readonly #retention: Retention;
  readonly #store: SlicedStore;
  readonly models: Models;
  #epoch = "";

  /** `models` are those of the process. */
  constructor(disk: Disk, models: Models) {
    this.models = models;
    const { writer, retention, settings } = disk.config;
    this.#disk = disk;
    this.#machine = new SimMachine(disk, { ...STORE_SETTINGS, ...settings });
    this.#retention = { ...RETENTION, ...retention };
    this.#store = new SlicedStore(this.#machine, {
      writer,
      retention: this.#retention,
      ...(settings ? { settings } : {}),
    });
  }

  /** The process has ended. Nothing that it asked for is answered, and nothing that it asks for is done. */
  abandon(): void {
    this.#machine.gone = true;
  }

  read(): ReturnType<Store["read"]> {
    return this.#after(READ_MS, () => this.#store.read());
  }

  async takeOver(takeover: Takeover): Promise<ChainHead> {
    const { faults, random } = this.#disk;
    const place = await this.#after(faults.writeMs * random.next(), () => this.#store.takeOver(takeover));
    this.#epoch = takeover.epoch;
    return place;
  }

  commit(group: CommitGroup): void | Promise<void> {
    if (this.#machine.gone) return never();
    this.#disk.handedOver = { group, epoch: this.#epoch, models: this.models };
    try {
      const done = this.#store.commit(group);
      this.#disk.counters.add(done === undefined ? "commits_inline" : "commits_in_turn");
      return done === undefined ? undefined : this.#machine.whileThere(done);
    } catch (error) {
      if (this.#machine.gone) return never();
      throw error;
    }
  }

  /** Once the fold has ended, and the trimming behind it, nothing is kept for longer than it is declared to be. */
  async fold(fold: Fold): Promise<void> {
    await this.#machine.whileThere(this.#store.fold(fold));
    if (this.#machine.gone) return; // The power may have taken some of it back since.
    if (this.#disk.hasFailed) return; // A commit that failed may be stored, which the store can't know when it trims. Its process ends.
    const problem = overBound(this.#disk.tables, this.#retention, fold.space);
    if (problem !== null) this.#disk.report("A10", `after a fold of ${fold.space} to ${fold.version}: ${problem}`);
  }

  async #after<Result>(ms: number, work: () => Promise<Result>): Promise<Result> {
    await this.#machine.pass(ms);
    return this.#machine.whileThere(work());
  }

  findAnswer(query: Parameters<Store["findAnswer"]>[0]): ReturnType<Store["findAnswer"]> {
    return this.#after(READ_MS, () => this.#store.findAnswer(query));
  }

  readLog(query: Parameters<Store["readLog"]>[0]): ReturnType<Store["readLog"]> {
    return this.#after(READ_MS, () => this.#store.readLog(query));
  }

  readHistory(query: Parameters<Store["readHistory"]>[0]): ReturnType<Store["readHistory"]> {
    return this.#after(READ_MS, () => this.#store.readHistory(query));
  }

  readChain(query: Parameters<Store["readChain"]>[0]): ReturnType<Store["readChain"]> {
    return this.#after(READ_MS, () => this.#store.readChain(query));
  }

  appendPoints(rows: Parameters<Store["appendPoints"]>[0]): Promise<number> {
    return this.#machine.whileThere(this.#store.appendPoints(rows));
  }

  dropHistory(positions: readonly number[]): Promise<number> {
    return this.#machine.whileThere(this.#store.dropHistory(positions));
  }

  dropPoints(gone: Parameters<Store["dropPoints"]>[0]): Promise<number> {
    return this.#machine.whileThere(this.#store.dropPoints(gone));
  }

  readPoints(query: Parameters<Store["readPoints"]>[0]): ReturnType<Store["readPoints"]> {
    return this.#after(READ_MS, () => this.#store.readPoints(query));
  }

  listPoints(query: Parameters<Store["listPoints"]>[0]): ReturnType<Store["listPoints"]> {
    return this.#after(READ_MS, () => this.#store.listPoints(query));
  }

  pointTimes(query: Parameters<Store["pointTimes"]>[0]): ReturnType<Store["pointTimes"]> {
    return this.#after(READ_MS, () => this.#store.pointTimes(query));
  }

  confirm(): ReturnType<Store["confirm"]> {
    return this.#after(READ_MS, () => this.#store.confirm());
  }

  beat(): ReturnType<Store["beat"]> {
    return this.#after(READ_MS, () => this.#store.beat());
  }

  backup(path: string): Promise<void> {
    return this.#machine.whileThere(this.#store.backup(path));
  }

  close(): Promise<void> {
    return this.#after(READ_MS, () => this.#store.close());
  }

  metrics(): ReturnType<Store["metrics"]> {
    return this.#store.metrics();
  }
}

/** It gives a process that starts its store. `modelsFor` says which models the process has for what the disk holds. */
export function mountStore(disk: Disk, modelsFor: (branch: Branch) => Models = firstModels): SimStore {
  return disk.mount((branch) => new SimStore(disk, modelsFor(branch)));
}

/** A read takes so long. */
const READ_MS = 1;

function firstModels(): Models {
  return modelsOf(FIRST_RELEASE, new Set());
}
