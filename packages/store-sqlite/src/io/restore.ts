/** A restore puts a backup in the place of a database. */

import { copyFileSync, existsSync, linkSync, renameSync, rmSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { SyncError } from "@neverstale/protocol";
import { lockData } from "./files/data-lock.ts";
import { checkSchemaVersion, freeName } from "./files/migrate.ts";
import { withReason } from "./files/open-database.ts";
import { createPrivateDirectory } from "./files/private-file.ts";
import { realPath } from "./files/real-path.ts";
import { lacksLog, markEnded } from "./files/run-mark.ts";
import { MIGRATIONS } from "./files/schema.ts";
import { newDatabase, requireSqlite } from "./sqlite.ts";
import { checkIntegrity, IntegrityError, syncPath, writeVerifiedCopy } from "./verified-copy.ts";

/**
 * It puts a copy of the backup `from` in the place of the database `to`, and keeps what was there under another name. Nobody can
 * be resumed into what is lost with it (rule E3), since the next start draws a new epoch.
 *
 * It throws `store_locked` while a server works on `to`, `store_damaged` when the backup is not whole, or
 * `store_newer_than_code`. Then `to` is as it was.
 */
export function restoreBackup(from: string, to: string): Restored {
  const source = resolve(from);
  const target = withReason(to, () => realPath(resolve(to)));
  if (!existsSync(source))
    throw new SyncError("store_unavailable", `there is no backup at ${source}`, { hint: "Look at the path." });
  requireSqlite(); // It throws before anything is made beside the database.
  return withReason(target, () => {
    createPrivateDirectory(target);
    const lock = lockData(target);
    try {
      const copy = `${target}.restored`;
      withReason(source, () => copyBackup(source, copy));
      const replaced = existsSync(target) ? keepAside(target) : keepLogAside(target);
      renameSync(copy, target);
      syncPath(dirname(target));
      return { replaced };
    } finally {
      lock.release();
    }
  });
}

export interface Restored {
  /** The database that was there before is kept under this path. It is null when there was none. */
  readonly replaced: string | null;
}

function copyBackup(from: string, copy: string): void {
  const isWithoutLog = lacksLog(from);
  if (checkSchemaVersion(from, MIGRATIONS.length) === 0) throw notWhole(from, "it is empty");
  if (isWithoutLog) throw notWhole(from, "it was copied from under a server, without its log");
  try {
    checkIntegrity(from);
  } catch (error) {
    if (error instanceof IntegrityError) throw notWhole(from, error.message);
    throw error;
  }
  const db = newDatabase(from, { readOnly: true });
  try {
    writeVerifiedCopy(db, copy);
  } finally {
    db.close();
  }
}

function notWhole(path: string, why: string): SyncError {
  return new SyncError("store_damaged", `${path} is no whole backup: ${why}`, { hint: "Choose another one." });
}

/**
 * It gives the database a second name and leaves it, complete, under the first one too: whenever the machine stops, there is a
 * database at `path`. The write-ahead log is brought into the file first. Where that fails it is kept beside it.
 */
function keepAside(path: string): string {
  const aside = freeName(`${path}.replaced`);
  rmSync(`${aside}-wal`, { force: true });
  if (existsSync(`${path}-wal`)) copyFileSync(`${path}-wal`, `${aside}-wal`);
  if (emptyLog(path)) rmSync(`${aside}-wal`, { force: true });
  rmSync(`${path}-wal`, { force: true });
  rmSync(`${path}-shm`, { force: true });
  try {
    linkSync(path, aside);
  } catch {
    copyFileSync(path, aside); // This file system has no hard links.
    syncPath(aside);
  }
  syncPath(dirname(path));
  return aside;
}

/** A log whose database is gone would be read into the one that is restored. */
function keepLogAside(path: string): null {
  if (existsSync(`${path}-wal`)) renameSync(`${path}-wal`, `${freeName(`${path}.replaced`)}-wal`);
  rmSync(`${path}-shm`, { force: true });
  return null;
}

/** It returns false when the database is too damaged for it. */
function emptyLog(path: string): boolean {
  try {
    const db = newDatabase(path);
    try {
      markEnded(db);
      const row = db.prepare("PRAGMA wal_checkpoint(TRUNCATE)").get();
      return row?.busy === 0;
    } finally {
      db.close();
    }
  } catch {
    return false;
  }
}
