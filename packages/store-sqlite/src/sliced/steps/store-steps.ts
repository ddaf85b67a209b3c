/** The store steps write everything that goes to the database, on whichever thread it lives. */

import type { Millis } from "@neverstale/base";
import type { AnswerSize, CommitPlan, PointRow, PointsGone, TakeoverEntry } from "@neverstale/server/store";
import type { StoreSettings } from "../settings.ts";
import type { CheckpointResult, Database, FoldEnd } from "../tables.ts";
import { type FoldRow, FoldRows, type SliceWritten } from "./fold-rows.ts";
import { type TrimLimits, type Trimmed, Trimmer } from "./trimmer.ts";
import { writeCommit } from "./write-commit.ts";

/**
 * Each call is one step. It holds the write lock for at most some milliseconds, not counting the disk, and throws a
 * `StoreFailure` when it fails. The caller sees to it that two writers of a store never work at the same time.
 */
export class StoreSteps {
  readonly #database: Database;
  readonly #now: () => Millis;
  readonly #settings: StoreSettings;
  #background: { readonly fold: FoldRows; readonly trimmer: Trimmer } | null = null;

  constructor(database: Database, now: () => Millis, settings: StoreSettings) {
    this.#database = database;
    this.#now = now;
    this.#settings = settings;
  }

  /** It returns the answers whose place was taken by newer ones. */
  commit(plan: CommitPlan): readonly AnswerSize[] {
    const { full } = this.#database;
    return full.transaction(() => writeCommit(full.tables.commits, plan));
  }

  takeOver(entry: TakeoverEntry): void {
    const { full } = this.#database;
    full.transaction(() => full.tables.commits.addTakeover(entry));
  }

  /** Makes a commit that means nothing, to learn how long one takes. */
  probe(): void {
    const { full } = this.#database;
    full.transaction(() => full.tables.commits.probe());
  }

  /** Adds rows to the fold. Nothing is written yet. */
  addRows(rows: readonly FoldRow[]): void {
    this.#inBackground().fold.add(rows);
  }

  /** Gives the fold up. */
  dropRows(): void {
    this.#inBackground().fold.giveUp();
  }

  /** Writes a slice of the rows that were added, and with the last of them the end of the fold. */
  writeRows(spaceId: number, end: FoldEnd): SliceWritten {
    const { fold } = this.#inBackground();
    const written = this.#database.background.transaction(() => fold.write(spaceId, end));
    if (written.last) fold.ended(spaceId);
    return written;
  }

  /** It returns how many rows were full. */
  appendPoints(rows: readonly PointRow[]): number {
    const { background } = this.#database;
    return background.transaction(() => rows.filter((row) => !background.tables.points.append(row)).length);
  }

  /** It returns how many rows went. Nothing is left to do when they are fewer than `limit`. */
  dropPoints(gone: PointsGone, limit: number): number {
    const { background } = this.#database;
    return background.transaction(() => background.tables.points.drop(gone, limit));
  }

  /** It returns how many rows went. */
  dropHistory(positions: readonly number[]): number {
    const { background } = this.#database;
    return background.transaction(() => background.tables.trims.dropHistoryAt(positions));
  }

  trim(limits: TrimLimits): Trimmed {
    const { trimmer } = this.#inBackground();
    return trimmer.step(limits, (work) => this.#database.background.transaction(work));
  }

  checkpoint(): CheckpointResult {
    return this.#database.checkpoint();
  }

  close(): void {
    this.#background = null;
    this.#database.close();
  }

  #inBackground() {
    const { folds, trims } = this.#database.background.tables;
    this.#background ??= {
      fold: new FoldRows(folds, this.#now, this.#settings),
      trimmer: new Trimmer(trims, this.#now, this.#settings),
    };
    return this.#background;
  }
}
