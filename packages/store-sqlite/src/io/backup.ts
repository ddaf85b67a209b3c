/** A backup is a verified copy of a database, made while the database may be in use. */

import { existsSync } from "node:fs";
import { SyncError } from "@neverstale/protocol";
import { type BackupFailure, copyDatabase } from "./backup-copy.ts";
import { hasWorker, startWorker } from "./start-worker.ts";

/** It works on a thread of its own, where there is one (`hasWorker`). It throws `store_unavailable` or `store_damaged`. */
export async function backupDatabase(from: string, to: string): Promise<void> {
  if (existsSync(to)) {
    throw new SyncError("store_unavailable", `${to} exists already`, {
      hint: "A backup writes over nothing: choose another name.",
    });
  }
  const failure = hasWorker("backup-worker") ? await copiedByWorker(from, to) : copyDatabase(from, to);
  if (failure !== null)
    throw new SyncError(failure.code, `no backup was made: ${failure.message}`, { hint: failure.hint });
}

function copiedByWorker(from: string, to: string): Promise<BackupFailure | null> {
  const worker = startWorker("backup-worker", "backup", { from, to });
  return new Promise((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
  });
}
