/** A SQLite database is a SQLite file as one thread has it. */

import type { DatabaseSync } from "node:sqlite";
import type { CheckpointResult, Database, TableAccess, Tables } from "../sliced/tables.ts";
import { type Durability, openConnection } from "./connection.ts";
import { inTransaction, isFull } from "./sqlite-failure.ts";
import { CommitStatements } from "./statements/commit-statements.ts";
import { ContentStatements } from "./statements/content-statements.ts";
import { FoldStatements } from "./statements/fold-statements.ts";
import { PointStatements } from "./statements/point-statements.ts";
import { QueryStatements } from "./statements/query-statements.ts";
import { TrimStatements } from "./statements/trim-statements.ts";

/** The connection for the background is opened when it is first needed. */
export class SqliteDatabase implements Database {
  readonly full: SqliteConnection;
  readonly #settings: DatabaseSettings;
  #background: SqliteConnection | null = null;

  constructor(settings: DatabaseSettings) {
    this.#settings = settings;
    this.full = new SqliteConnection(settings, "full");
  }

  get background(): SqliteConnection {
    this.#background ??= new SqliteConnection(this.#settings, "background");
    return this.#background;
  }

  checkpoint(): CheckpointResult {
    const { db } = this.background;
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
    if (this.full.db.isOpen) this.full.db.close();
  }
}

/** Statements are prepared when they are first asked for, since a file that is being migrated has no tables yet. */
class SqliteConnection implements TableAccess, Tables {
  readonly db: DatabaseSync;
  #commits: CommitStatements | null = null;
  #folds: FoldStatements | null = null;
  #trims: TrimStatements | null = null;
  #queries: QueryStatements | null = null;
  #points: PointStatements | null = null;

  constructor({ path, maxBytes }: DatabaseSettings, durability: Durability) {
    this.db = openConnection(path, durability, maxBytes);
  }

  get tables(): Tables {
    return this;
  }

  readonly transaction = <Result>(work: () => Result): Result => inTransaction(this.db, work);

  get commits(): CommitStatements {
    this.#commits ??= new CommitStatements(this.db);
    return this.#commits;
  }

  get folds(): FoldStatements {
    this.#folds ??= new FoldStatements(this.db);
    return this.#folds;
  }

  get trims(): TrimStatements {
    this.#trims ??= new TrimStatements(this.db);
    return this.#trims;
  }

  get contents(): ContentStatements {
    return new ContentStatements(this.db);
  }

  get queries(): QueryStatements {
    this.#queries ??= new QueryStatements(this.db);
    return this.#queries;
  }

  get points(): PointStatements {
    this.#points ??= new PointStatements(this.db);
    return this.#points;
  }
}

export interface DatabaseSettings {
  readonly path: string;
  /** The database file grows no further than this. Commits fail with `nothing_moved` then. */
  readonly maxBytes: number;
}
