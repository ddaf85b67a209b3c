import type { DatabaseSync } from "node:sqlite";
import type { CommitPlan } from "../catalog.ts";
import { CommitStatements } from "./commit-statements.ts";
import { openConnection } from "./connection.ts";
import { type FoldEnd, type FoldRow, FoldRows, type SliceWritten } from "./fold-rows.ts";
import { inTransaction, isFull } from "./sqlite-failure.ts";
import { type TrimLimits, Trimmer } from "./trimmer.ts";

export interface WriterSettings {
  readonly path: string;
  /** The database file grows no further: commits fail with `nothing_moved` then. */
  readonly maxBytes: number;
}

export interface CheckpointResult {
  /** Pages in the write-ahead log, and how many of them are in the database file by now. */
  readonly logPages: number;
  readonly donePages: number;
}

/**
 * Everything that is written to the database, on whichever thread it lives. Each call is one step that holds the write
 * lock for at most some milliseconds, the disk aside, and throws a `StoreFailure`; whoever calls sees to it that two
 * writers of a store never work at the same time.
 */
export class DatabaseWriter {
  readonly #settings: WriterSettings;
  readonly #db: DatabaseSync;
  readonly #commits: CommitStatements;
  #background: { readonly db: DatabaseSync; readonly fold: FoldRows; readonly trimmer: Trimmer } | null = null;

  /** `prepare` brings the tables about that the statements speak of. */
  constructor(settings: WriterSettings, prepare: (db: DatabaseSync) => void = () => {}) {
    this.#settings = settings;
    this.#db = openConnection(settings.path, "full", settings.maxBytes);
    try {
      prepare(this.#db);
      this.#commits = new CommitStatements(this.#db);
    } catch (error) {
      this.#db.close();
      throw error;
    }
  }

  /** The connection whose commits are forced to disk. */
  get db(): DatabaseSync {
    return this.#db;
  }

  commit(plan: CommitPlan): void {
    inTransaction(this.#db, () => this.#commits.run(plan));
  }

  beginEpoch(epoch: string): void {
    inTransaction(this.#db, () => this.#commits.beginEpoch(epoch));
  }

  /** A commit that means nothing, to learn how long one takes. */
  probe(): void {
    inTransaction(this.#db, () => this.#commits.probe());
  }

  /** Takes rows of a fold in; nothing is written yet. */
  takeRows(rows: readonly FoldRow[]): void {
    this.#backgroundParts().fold.take(rows);
  }

  dropRows(): void {
    this.#backgroundParts().fold.drop();
  }

  /** Writes rows taken in, for about `budgetMs`; with the last of them, what ends the fold. */
  writeRows(spaceId: number, end: FoldEnd, budgetMs: number): SliceWritten {
    const { db, fold } = this.#backgroundParts();
    const written = inTransaction(db, () => fold.write(spaceId, end, budgetMs));
    if (written.last) fold.drop();
    return written;
  }

  /** Deletes some of what is due. False: there is more to do. */
  trim(limits: TrimLimits): boolean {
    const { db, trimmer } = this.#backgroundParts();
    const step = trimmer.next(limits);
    if (step === null) return true;
    inTransaction(db, step);
    return false;
  }

  /** Moves pages from the write-ahead log to the database file; readers and writers go on meanwhile. */
  checkpoint(): CheckpointResult {
    const { db } = this.#backgroundParts();
    try {
      const row = db.prepare("PRAGMA wal_checkpoint(PASSIVE)").get() as { log: number; checkpointed: number };
      return { logPages: Math.max(0, row.log), donePages: Math.max(0, row.checkpointed) };
    } catch (error) {
      if (isFull(error)) return { logPages: 0, donePages: 0 };
      throw error;
    }
  }

  close(): void {
    this.#background?.db.close();
    this.#background = null;
    if (this.#db.isOpen) this.#db.close();
  }

  #backgroundParts() {
    if (this.#background === null) {
      const db = openConnection(this.#settings.path, "background", this.#settings.maxBytes);
      this.#background = { db, fold: new FoldRows(db), trimmer: new Trimmer(db) };
    }
    return this.#background;
  }
}
