/** The backup worker is the thread on which a backup is made. */

import { parentPort, workerData } from "node:worker_threads";
import type { BackupFailure } from "./backup.ts";
import { lacksLog } from "./files/run-mark.ts";
import { newDatabase } from "./sqlite.ts";
import { IntegrityError, writeVerifiedCopy } from "./verified-copy.ts";

function copy(from: string, to: string): BackupFailure | null {
  try {
    if (lacksLog(from)) throw new IntegrityError(`${from} was not closed by its last server, and its log is gone`);
    writeCopy(from, to);
    return null;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (error instanceof IntegrityError) return { code: "store_damaged", message, hint: "Restore an older backup." };
    return { code: "store_unavailable", message, hint: "Look at the disk and the directory." };
  }
}

function writeCopy(from: string, to: string): void {
  const db = newDatabase(from, { readOnly: true });
  try {
    writeVerifiedCopy(db, to);
  } finally {
    db.close();
  }
}

const { from, to } = workerData as { readonly from: string; readonly to: string };
parentPort?.postMessage(copy(from, to));
