/** A backup is copied here, on whichever thread it is. */

import { lacksLog } from "./files/run-mark.ts";
import { newDatabase } from "./sqlite.ts";
import { IntegrityError, writeVerifiedCopy } from "./verified-copy.ts";

/** It returns null when the copy is there. */
export function copyDatabase(from: string, to: string): BackupFailure | null {
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

/** It says why no copy was made. */
export interface BackupFailure {
  readonly code: "store_unavailable" | "store_damaged";
  readonly message: string;
  readonly hint: string;
}

function writeCopy(from: string, to: string): void {
  const db = newDatabase(from, { readOnly: true });
  try {
    writeVerifiedCopy(db, to);
  } finally {
    db.close();
  }
}
