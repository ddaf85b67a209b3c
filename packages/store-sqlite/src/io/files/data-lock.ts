/** The data lock is held by the one process that works on a database. */

import { type FileLock, lockFile } from "@neverstale/base/node";
import { SyncError } from "@neverstale/protocol";

/** It throws `store_locked`, with the process id of the holder, when another process works on the database at `path`. */
export function lockData(path: string): FileLock {
  const lock = lockFile(lockPathOf(path));
  if (!("heldBy" in lock)) return lock;
  throw new SyncError("store_locked", `process ${lock.heldBy} works on ${path}`, {
    hint: "Stop it first: a database has one server at a time.",
  });
}

/** The lock is a file of its own beside the database. */
export function lockPathOf(path: string): string {
  return `${path}.lock`;
}
