/** A database is examined as it lies there, also while a server works on it. Nothing is altered. */

import { existsSync } from "node:fs";
import { SyncError } from "@neverstale/protocol";
import { requireSqlite } from "../sqlite.ts";
import { checkIntegrity, IntegrityError } from "../verified-copy.ts";
import { checkSchemaVersion } from "./migrate.ts";
import { withReason } from "./open-database.ts";
import { lacksLog } from "./run-mark.ts";
import { MIGRATIONS } from "./schema.ts";

/** Throws `store_damaged`, `store_newer_than_code` or `store_unavailable`, with what to do. It reads all of the file. */
export function examineDatabase(path: string): void {
  if (!existsSync(path))
    throw new SyncError("store_unavailable", `there is no database at ${path}`, { hint: "Look at the path." });
  requireSqlite();
  withReason(path, () => {
    if (lacksLog(path))
      throw new SyncError("store_damaged", `the log ${path}-wal is gone, and the newest changes with it`, {
        hint: "Put it back beside the database, or restore a backup.",
      });
    checkSchemaVersion(path, MIGRATIONS.length);
    try {
      checkIntegrity(path);
    } catch (error) {
      if (!(error instanceof IntegrityError)) throw error;
      throw new SyncError("store_damaged", error.message, { hint: "Restore a backup.", cause: error });
    }
  });
}
