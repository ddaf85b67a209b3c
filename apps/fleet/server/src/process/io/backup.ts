/** The fleet's data is backed up and restored here. */

import { backupDatabase, type Restored, restoreBackup } from "@neverstale/store-sqlite";
import { databaseIn } from "./data-directory.ts";

/** It makes a verified copy of the state, also while a server works on it. `file` must not exist. It throws `SyncError`. */
export function backupFleet(dataDir: string, file: string): Promise<void> {
  return backupDatabase(databaseIn(dataDir), file);
}

/** It puts a backup in the place of the state. It throws `store_locked` while a server works on that, and other `SyncError`s. */
export function restoreFleet(dataDir: string, file: string): Restored {
  return restoreBackup(file, databaseIn(dataDir));
}
