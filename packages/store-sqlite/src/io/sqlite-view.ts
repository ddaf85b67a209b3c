/** A view of a SQLite file shows what is stored at one moment, also while a server works on it, and alters nothing. */

import { existsSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { SyncError } from "@neverstale/protocol";
import type { HistoryQuery, PointQuery, PointRow, SpaceContents, StoredHistoryRow } from "@neverstale/server/store";
import { checkSchemaVersion } from "./files/migrate.ts";
import { withReason } from "./files/open-database.ts";
import { lacksLog } from "./files/run-mark.ts";
import { MIGRATIONS } from "./files/schema.ts";
import { newDatabase } from "./sqlite.ts";
import { ContentStatements } from "./statements/content-statements.ts";
import { PointStatements } from "./statements/point-statements.ts";
import { QueryStatements } from "./statements/query-statements.ts";

/** It throws a `SyncError` where there is no such file, or none that this release can read. */
export function openSqliteView(path: string): SqliteView {
  if (!existsSync(path))
    throw new SyncError("store_unavailable", `there is no database at ${path}`, { hint: "Look at the path." });
  return withReason(path, () => {
    const version = checkSchemaVersion(path, MIGRATIONS.length);
    if (lacksLog(path))
      throw new SyncError("store_damaged", `${path} was not closed by its last server, and its log is gone`, {
        hint: "Put the file …-wal back beside it.",
      });
    if (version < MIGRATIONS.length)
      throw new SyncError("store_unavailable", `${path} is of an older release`, {
        hint: "Start the server on it once with this release.",
      });
    const db = newDatabase(path, { readOnly: true });
    db.exec("BEGIN");
    return new SqliteView(db);
  });
}

export class SqliteView {
  readonly #db: DatabaseSync;
  readonly #contents: ContentStatements;
  readonly #queries: QueryStatements;
  readonly #points: PointStatements;

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#contents = new ContentStatements(db);
    this.#queries = new QueryStatements(db);
    this.#points = new PointStatements(db);
  }

  /** It returns the folded records of a space, and the log behind them. */
  space(name: string): Pick<SpaceContents, "records" | "log"> | null {
    const row = this.#contents.spaces().find((space) => space.name === name);
    if (row === undefined) return null;
    return { records: this.#contents.records(row.id), log: this.#contents.log(name, row.id, row.foldedVersion) };
  }

  async readHistory(query: HistoryQuery): Promise<readonly StoredHistoryRow[]> {
    return this.#queries.history(query);
  }

  async readPoints(query: PointQuery): Promise<readonly PointRow[]> {
    return this.#points.read(query);
  }

  async close(): Promise<void> {
    this.#db.close();
  }
}
