/** The store over SQLite runs the contract's tests, wherever its commits run. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeExclusiveStore, describeStore, type MakeHarness } from "@neverstale/server/store/contract-suite";
import * as vitest from "vitest";
import { type SqliteStoreOptions, sqliteStore } from "./sqlite-store.ts";

export function describeSqliteStore(writer: NonNullable<SqliteStoreOptions["writer"]>): void {
  const makeHarness: MakeHarness = async (retention = {}) => {
    const directory = mkdtempSync(join(tmpdir(), "neverstale-store-"));
    const options: SqliteStoreOptions = { writer, retention };
    let backups = 0;
    return {
      store: () => sqliteStore(join(directory, "data", "fleet.db"), options),
      backupPath: () => {
        backups += 1;
        return join(directory, `backup-${backups}.db`);
      },
      restored: (path) => sqliteStore(path, options),
      end: async () => rmSync(directory, { recursive: true }),
    };
  };
  describeStore(vitest, `sqlite, writer: ${writer}`, makeHarness);
  describeExclusiveStore(vitest, `sqlite, writer: ${writer}`, makeHarness);
}
