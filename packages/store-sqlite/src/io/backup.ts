import { existsSync } from "node:fs";
import { SyncError } from "@neverstale/protocol";
import { startWorker } from "./start-worker.ts";

/** Makes a verified copy on a thread of its own, while the database is in use. Throws `store_unavailable`, `store_damaged`. */
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

/** What the thread says when it is done; null: the copy is there. */
export interface BackupFailure {
  readonly code: "store_unavailable" | "store_damaged";
  readonly message: string;
  readonly hint: string;
}
