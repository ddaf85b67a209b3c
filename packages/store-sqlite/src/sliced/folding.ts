/** Folding writes what moved in a space, a slice at a time, and then deletes what has outlived its retention. */

import { assert } from "@neverstale/protocol";
import type { CommitPlan, Fold, Retention } from "@neverstale/server/store";
import type { StoreSettings } from "./settings.ts";
import { piecesOf } from "./steps/fold-rows.ts";
import type { Trimmed } from "./steps/trimmer.ts";
import type { StoreCounters } from "./store-counters.ts";
import type { StoreMachine } from "./store-machine.ts";
import type { TableCounts } from "./tables.ts";
import type { OpenStore, Writing } from "./writing.ts";

/** One fold runs at a time. Commits go in between its slices. */
export class Folding {
  readonly #machine: StoreMachine;
  readonly #writing: Writing;
  readonly #counters: StoreCounters;
  readonly #settings: StoreSettings;
  readonly #retention: Retention;
  #isRunning = false;
  #ageAt = 0;
  /** Commits have added so many rows since trimming was last asked for. */
  #added = 0;
  #left: TableCounts = { undo: 0, tombstones: 0, endedSpaces: 0, endedNames: 0 };

  constructor(
    machine: StoreMachine,
    writing: Writing,
    counters: StoreCounters,
    settings: StoreSettings,
    retention: Retention,
  ) {
    this.#machine = machine;
    this.#writing = writing;
    this.#counters = counters;
    this.#settings = settings;
    this.#retention = retention;
  }

  /** This is `ageAt` of the newest entry. */
  get ageAt(): number {
    return this.#ageAt;
  }

  /** The last trimming left so many rows. */
  get left(): TableCounts {
    return this.#left;
  }

  begin(left: TableCounts, ageAt: number): void {
    this.#left = left;
    this.#ageAt = ageAt;
  }

  tookOver(ageAt: number): void {
    this.#ageAt = ageAt;
  }

  /** Trimming is measured by what commits add. */
  committed({ entry, log, history, answers }: CommitPlan): void {
    this.#added += log.length + history.length + answers.length + (entry.spaces === null ? 0 : 1);
    this.#ageAt = entry.ageAt;
  }

  async fold(fold: Fold): Promise<void> {
    this.#writing.running().catalog.requireTerm();
    assert(!this.#isRunning, "one fold at a time");
    this.#isRunning = true;
    try {
      const spaceId = await this.#foldRows(fold);
      await this.#trim(spaceId);
    } finally {
      this.#isRunning = false;
    }
  }

  /** It returns the space's number, or null when there is no such space any more. */
  async #foldRows(fold: Fold): Promise<number | null> {
    const { thread, catalog } = this.#writing.running();
    const entry = catalog.get(fold.space);
    if (entry?.creationId !== fold.creationId) return null;
    assert(fold.version <= entry.head, `"${fold.space}" has no version ${fold.version} yet`);
    const started = this.#machine.now();
    try {
      for (const rows of piecesOf(fold, this.#settings.rowsPerMessage))
        await this.#background(thread.ask("addRows", rows));
      while (!(await this.#writing.inTurn(() => this.#writeSlice(fold, entry.id))));
    } catch (error) {
      await thread.ask("dropRows").catch(() => {});
      throw error;
    }
    const rows = fold.records.length + fold.tombstones.length;
    this.#counters.folded(rows, this.#machine.now() - started);
    return entry.id;
  }

  /** It returns true when the fold has ended. */
  async #writeSlice(fold: Fold, spaceId: number): Promise<boolean> {
    const { thread, catalog } = this.#writing.running();
    if (catalog.get(fold.space)?.id !== spaceId) {
      await thread.ask("dropRows");
      return true;
    }
    const { version, tombstoneFloor, digest } = fold;
    const { value } = await thread.ask("writeRows", spaceId, { version, tombstoneFloor, digest });
    this.#writing.wrote(value.rows);
    return value.last;
  }

  async #background<Result>(step: Promise<Result>): Promise<Result> {
    try {
      return await step;
    } catch (error) {
      throw this.#writing.failed(error);
    }
  }

  /** Goes on, a step at a time, until nothing is due. */
  async #trim(spaceId: number | null): Promise<void> {
    for (;;) {
      const { left } = await this.#writing.inTurn((opened) => this.#trimStep(opened, spaceId));
      if (left === null) continue;
      this.#left = left;
      return;
    }
  }

  async #trimStep({ thread, catalog, answers }: OpenStore, spaceId: number | null): Promise<Trimmed> {
    const least = this.#added;
    this.#added = 0;
    const { value } = await thread.ask("trim", {
      retention: this.#retention,
      now: this.#ageAt,
      counters: catalog.counters,
      chain: catalog.chain,
      answers: answers.due,
      spaceId,
      least,
    });
    for (const answer of value.answers) answers.drop(answer);
    if (value.rows > 0) this.#writing.wrote(this.#settings.pagesPerCommit);
    return value;
  }
}
