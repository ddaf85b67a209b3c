/** Writing goes one piece at a time, ends after a failure whose outcome nobody knows, and keeps the write-ahead log short. */

import { Turns } from "@neverstale/base";
import { assert } from "@neverstale/protocol";
import { type Catalog, type KeptAnswers, StoreFailure } from "@neverstale/server/store";
import type { StoreSettings } from "./settings.ts";
import type { StoreSteps } from "./steps/store-steps.ts";
import type { StoreCounters } from "./store-counters.ts";
import type { OpenData } from "./store-machine.ts";
import type { QueryTables } from "./tables.ts";
import type { WriterThread } from "./writer-thread.ts";

/** Commits, slices of a fold and steps of trimming wait for each other here. */
export class Writing {
  readonly #settings: StoreSettings;
  readonly #counters: StoreCounters;
  readonly #commitsAreElsewhere: () => boolean;
  readonly #turns = new Turns();
  readonly #underWay = new Set<Promise<unknown>>();
  #opened: OpenStore | null = null;
  #stopped: StoreFailure | null = null;
  #checkpointing = false;
  /** About so many pages of the write-ahead log are not in the database file yet. */
  #logPages = 0;

  /** `commitsAreElsewhere` says whether commits run on another thread than checkpoints do. */
  constructor(settings: StoreSettings, counters: StoreCounters, commitsAreElsewhere: () => boolean) {
    this.#settings = settings;
    this.#counters = counters;
    this.#commitsAreElsewhere = commitsAreElsewhere;
  }

  begin(opened: OpenStore): void {
    this.#opened = opened;
    this.#stopped = null;
  }

  /** Waits for what is under way. Nothing is written from then on. It returns null when nothing was open. */
  async end(): Promise<OpenStore | null> {
    if (this.#opened === null) return null;
    while (this.#underWay.size > 0) await Promise.allSettled(this.#underWay);
    const opened = this.#opened;
    this.#opened = null;
    if (this.#stopped === null) await opened?.thread.ask("checkpoint").catch(() => {});
    return opened;
  }

  /** This is null while the store is closed. */
  get opened(): OpenStore | null {
    return this.#opened;
  }

  get logBytes(): number {
    return this.#logPages * this.#settings.pageBytes;
  }

  /** A piece of work that is begun now need not wait. */
  get isFree(): boolean {
    return this.#turns.free;
  }

  /** Throws the failure that stopped the store, if there was one. */
  running(): OpenStore {
    assert(this.#opened !== null, "the store is not open");
    if (this.#stopped !== null) throw this.#stopped;
    return this.#opened;
  }

  /** Runs `work` when its turn has come, unless the store was stopped or closed before that. */
  async inTurn<Result>(work: (opened: OpenStore) => Result | Promise<Result>): Promise<Result> {
    try {
      return await this.#turns.take(() => work(this.running()));
    } catch (error) {
      throw this.failed(error);
    }
  }

  /** After a failure that leaves open what is on disk, nothing more is written (rule A1). */
  failed(error: unknown): unknown {
    if (error instanceof StoreFailure && error.outcome === "unknown") this.#stopped ??= error;
    // Pages that are moved to the database file free room in the log, so that a full disk may do for a while.
    else if (error instanceof StoreFailure && error.outcome === "nothing_moved")
      this.wrote(this.#settings.checkpointPages);
    return error;
  }

  /** The end of writing waits for `work`. */
  track<Result>(work: Promise<Result>): Promise<Result> {
    this.#underWay.add(work);
    const done = () => this.#underWay.delete(work);
    work.then(done, done);
    return work;
  }

  /** Notes that the write-ahead log has grown, and moves it into the file when it is long. */
  wrote(pages: number): void {
    this.#logPages += pages;
    if (this.#logPages < this.#settings.checkpointPages || this.#checkpointing || this.#opened === null) return;
    this.#checkpointing = true;
    const checkpoint = this.#checkpoint(this.#opened).catch((error) => {
      this.#stopped ??=
        error instanceof StoreFailure ? error : new StoreFailure("unknown", "a checkpoint failed", error);
    });
    void this.track(checkpoint).finally(() => {
      this.#checkpointing = false;
    });
  }

  /**
   * The log starts anew, over blocks that the file has already, only from a moment at which all of it is in the database
   * file. A log that grows for ever costs twice as much for each sync. So no commit may go in between at the end. Where
   * commits run on another thread than the checkpoint, most of it is done beside them before. That first step can't tell
   * what is left, since it counts the pages that there were when it began. On one thread nothing is beside.
   */
  async #checkpoint({ thread }: OpenStore): Promise<void> {
    if (this.#commitsAreElsewhere()) await thread.ask("checkpoint");
    const { value } = await this.inTurn(() => thread.ask("checkpoint"));
    this.#counters.checkpointed(value);
    this.#logPages = value.logPages - value.donePages;
  }
}

/** These exist while the store is open. */
export interface OpenStore {
  readonly data: OpenData;
  /** These steps run on this thread. */
  readonly steps: StoreSteps;
  /** The thread does the background work, and commits where that is better. */
  readonly thread: WriterThread;
  readonly catalog: Catalog;
  readonly queries: QueryTables;
  readonly answers: KeptAnswers;
}
