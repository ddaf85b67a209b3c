import { existsSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { SyncError } from "@neverstale/protocol";

/** Makes a verified copy on a thread of its own, while the database is in use. Throws `store_unavailable`, `store_damaged`. */
export async function copyInWorker(from: string, to: string): Promise<void> {
  if (existsSync(to)) {
    throw new SyncError("store_unavailable", `${to} exists already`, {
      hint: "A backup writes over nothing: choose another name.",
    });
  }
  const extension = import.meta.url.endsWith(".ts") ? "ts" : "js";
  const file = new URL(`./backup-worker.${extension}`, import.meta.url);
  const worker = new Worker(file, { workerData: { from, to }, name: "backup", execArgv: [] });
  const failure = await new Promise<BackupFailure | null>((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
  });
  if (failure !== null)
    throw new SyncError(failure.code, `no backup was made: ${failure.message}`, { hint: failure.hint });
}

/** What the thread says when it is done; null: the copy is there. */
export interface BackupFailure {
  readonly code: "store_unavailable" | "store_damaged";
  readonly message: string;
  readonly hint: string;
}
