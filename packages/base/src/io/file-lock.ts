/** A file lock makes sure that one process at a time works on some data. */

import { chmodSync, closeSync, existsSync, openSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";

/** The operating system takes the lock back when the process dies, however it dies. */
export interface FileLock {
  release(): void;
}

/** Another process has the lock. */
export interface LockHeld {
  /** This is the process id of the holder, or "(unknown)". */
  readonly heldBy: string;
}

const BUSY = 5;
/** So long another process may need to write its id. */
const WAIT_MS = 100;

/** The garbage collector closes a connection that nobody refers to: a lock must not depend on that. */
const held = new Set<DatabaseSync>();

/**
 * Takes the lock that the file at `path` stands for. The file is made when it is not there, readable by its owner only.
 *
 * The lock is the write lock of a small SQLite database, whose header holds the id of the process. The file is never opened
 * but through SQLite: POSIX gives a lock away when any other descriptor of its file is closed.
 *
 * Throws when this Node has no SQLite (22.18 and newer have it), and what SQLite throws when the file can't be written.
 */
export function lockFile(path: string): FileLock | LockHeld {
  const db = openLock(path);
  try {
    db.exec("BEGIN IMMEDIATE");
    db.exec(`PRAGMA user_version = ${process.pid}`);
    db.exec("COMMIT");
    db.exec("BEGIN IMMEDIATE");
  } catch (error) {
    const isBusy = error instanceof Error && "errcode" in error && (Number(error.errcode) & 0xff) === BUSY;
    const heldBy = isBusy ? holderOf(db) : "";
    db.close();
    if (isBusy) return { heldBy };
    throw error;
  }
  held.add(db);
  return {
    release: () => {
      held.delete(db);
      db.close();
    },
  };
}

/** SQLite is looked for at the call: an older Node would not even load a file that imports it. */
function openLock(path: string): DatabaseSync {
  const sqlite = process.getBuiltinModule?.("node:sqlite");
  if (sqlite === undefined) throw new Error(`Node ${process.versions.node} has no SQLite: use Node 22.18 or newer`);
  createPrivately(path);
  return new sqlite.DatabaseSync(path, { timeout: WAIT_MS });
}

function createPrivately(path: string): void {
  if (existsSync(path)) chmodSync(path, 0o600);
  else closeSync(openSync(path, "a", 0o600));
}

function holderOf(db: DatabaseSync): string {
  try {
    return String(db.prepare("PRAGMA user_version").get()?.user_version ?? "(unknown)");
  } catch {
    return "(unknown)";
  }
}
