/** A backup is a verified copy of a database, made while the database may be in use. */

import { existsSync } from "node:fs";
import { SyncError } from "@neverstale/protocol";
import { startWorker } from "./start-worker.ts";

/** It works on a thread of its own. It throws `store_unavailable` or `store_damaged`. */
export async function backupDatabase(from: string, to: string): Promise<void> {
  if (existsSync(to)) {
    throw new SyncError("store_unavailable", `${to} exists already`, {
      hint: "A backup writes over nothing: choose another name.",
    });
  }
  const worker = startWorker("backup-worker", "backup", { from, to });
  const failure = await new Promise<BackupFailure | null>((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
  });
  if (failure !== null)
    throw new SyncError(failure.code, `no backup was made: ${failure.message}`, { hint: failure.hint });
}

/** The thread says this when no copy was made. It says null when the copy is there. */
export interface BackupFailure {
  readonly code: "store_unavailable" | "store_damaged";
  readonly message: string;
  readonly hint: string;
}
