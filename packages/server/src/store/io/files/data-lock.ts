import type { DatabaseSync } from "node:sqlite";
import { SyncError } from "@neverstale/protocol";
import { pragma } from "../connection.ts";
import { newDatabase } from "../sqlite.ts";
import { sqliteCode } from "../sqlite-failure.ts";
import { createPrivateFile } from "./private-file.ts";

const BUSY = 5;
/** For another process that is writing its id this very moment. */
const WAIT_MS = 100;

/** Held by the one process that works on a database. The operating system takes it back when the process dies. */
export interface DataLock {
  release(): void;
}

/** A connection that nobody refers to is closed by the garbage collector: a lock must not depend on that. */
const held = new Set<DatabaseSync>();

/**
 * Takes the lock of the database at `path`, or throws `store_locked` with the holder's process id.
 *
 * The lock is the write lock of a small database beside it, whose header holds the id. (The file is never read but
 * through SQLite: closing any other descriptor of it would give the lock away, as POSIX has it.)
 */
export function lockData(path: string): DataLock {
  const lockPath = lockPathOf(path);
  createPrivateFile(lockPath);
  const db = newDatabase(lockPath, { timeout: WAIT_MS });
  try {
    db.exec("BEGIN IMMEDIATE");
    db.exec(`PRAGMA user_version = ${process.pid}`);
    db.exec("COMMIT");
    db.exec("BEGIN IMMEDIATE");
  } catch (error) {
    const refusal = sqliteCode(error) === BUSY ? locked(path, db) : error;
    db.close();
    throw refusal;
  }
  held.add(db);
  return {
    release: () => {
      held.delete(db);
      db.close();
    },
  };
}

export function lockPathOf(path: string): string {
  return `${path}.lock`;
}

function locked(path: string, db: DatabaseSync): SyncError {
  return new SyncError("store_locked", `process ${holderOf(db)} works on ${path}`, {
    hint: "Stop it first: a database has one server at a time.",
  });
}

function holderOf(db: DatabaseSync): string {
  try {
    return String(pragma(db, "user_version"));
  } catch {
    return "(unknown)";
  }
}
