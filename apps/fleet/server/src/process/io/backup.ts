import { backupDatabase, type Restored, restoreBackup } from "@neverstale/store-sqlite";
import { databaseIn } from "./data-directory.ts";

/** A verified copy of the state, also while a server works on it; `file` must not exist. Throws `SyncError`. */
export function backupFleet(dataDir: string, file: string): Promise<void> {
  return backupDatabase(databaseIn(dataDir), file);
}

/** Puts a backup in the place of the state. Throws `store_locked` while a server works on it, and other `SyncError`s. */
export function restoreFleet(dataDir: string, file: string): Restored {
  return restoreBackup(file, databaseIn(dataDir));
}
