import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import { SyncError } from "@neverstale/protocol";
import { backupDatabase, type Restored, restoreBackup } from "@neverstale/server";

/** Writes a verified copy of the data to `file`, also while a server works on it. Throws `SyncError`. */
export async function backupFleet(dataDir: string, file: string): Promise<void> {
  const database = databaseIn(dataDir);
  if (!existsSync(database)) {
    throw new SyncError("store_unavailable", `there is no data in ${resolve(dataDir)}`, {
      hint: "Give the directory of the server's data with --data-dir.",
    });
  }
  await backupDatabase(database, resolve(file));
}

/** Puts a backup in the place of the data; what was there is kept. Throws `store_locked` while a server works on it. */
export function restoreFleet(dataDir: string, file: string): Restored {
  return restoreBackup(file, databaseIn(dataDir));
}

function databaseIn(dataDir: string): string {
  return join(resolve(dataDir), "fleet.db");
}
