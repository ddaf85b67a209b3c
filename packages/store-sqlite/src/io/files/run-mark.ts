/** The run mark is what a database says of the run of a server that has it open. */

import { existsSync, statSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { SyncError } from "@neverstale/protocol";
import { newDatabase } from "../sqlite.ts";
import { inTransaction } from "../sqlite-failure.ts";
import { lockData, lockPathOf } from "./data-lock.ts";

/** From now until `markEnded` the file says that a run has begun. */
export function markBegun(db: DatabaseSync, path: string): void {
  inTransaction(db, () => {
    db.prepare("UPDATE run SET ended = 0, lock = ?, file = ?").run(lockPathOf(path), numberOf(path));
  });
}

/** From now on everything is in the file, or in the log beside it. A file of an older schema has no such mark. */
export function markEnded(db: DatabaseSync): void {
  if (hasMark(db)) inTransaction(db, () => db.exec("UPDATE run SET ended = 1"));
}

/**
 * It returns true when the last server did not close the file, or the file was copied while a server had it open, and the log
 * is not beside it.
 */
export function lacksLog(path: string): boolean {
  return !hasLog(path) && readMark(path)?.ended === 0;
}

/** It throws `store_damaged` when a log lies beside a file that is gone or empty: SQLite would throw the log away. */
export function checkFileOfLog(path: string): void {
  if (!hasLog(path)) return;
  throw new SyncError("store_damaged", `${path} is gone or empty, and its log ${path}-wal is there`, {
    hint: "Put the file back beside it, or restore a backup. To begin with nothing move the log away first.",
  });
}

/**
 * It looks whether the file can be opened as it lies there, and alters nothing.
 *
 * It throws `store_locked` when a server has the file open under another of its names. It throws `store_damaged` when the last
 * server did not close the file and the log, which holds what was committed last, is gone. With `acceptLostLog` it lets that
 * pass.
 */
export function checkRun(path: string, acceptLostLog: boolean): void {
  const isLost = !hasLog(path); // It is asked before the file is read, since reading makes an empty log.
  const mark = readMark(path);
  if (mark === null || mark.ended === 1) return;
  if (mark.file === numberOf(path)) checkOtherName(path, mark.lock);
  if (isLost && !acceptLostLog) throw lostLog(path);
}

/**
 * It says whether the run has ended, under which lock the database is open, and which file it is, by the number that a file
 * system gives to all names of a file.
 */
interface RunMark {
  readonly ended: 0 | 1;
  readonly lock: string | null;
  readonly file: string | null;
}

function hasLog(path: string): boolean {
  return existsSync(`${path}-wal`) && statSync(`${path}-wal`).size > 0;
}

function readMark(path: string): RunMark | null {
  const db = newDatabase(path, { readOnly: true });
  try {
    return hasMark(db) ? (db.prepare("SELECT ended, lock, file FROM run").get() as unknown as RunMark) : null;
  } finally {
    db.close();
  }
}

function hasMark(db: DatabaseSync): boolean {
  return db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'run'").get() !== undefined;
}

/** The lock of a file lies beside one of the names of the file. */
function checkOtherName(path: string, lock: string | null): void {
  if (lock === null || lock === lockPathOf(path) || !existsSync(lock)) return;
  lockData(lock.slice(0, -lockPathOf("").length)).release();
}

function numberOf(path: string): string {
  const { dev, ino } = statSync(path, { bigint: true });
  return `${dev}:${ino}`;
}

function lostLog(path: string): SyncError {
  return new SyncError("store_damaged", `${path} was not closed by its last server, and its log ${path}-wal is gone`, {
    hint:
      "What was committed last was in it: put it back beside the file, or restore a backup. To go on without it start " +
      "once with --accept-lost-log (of `sqliteStore`: `acceptLostLog`).",
  });
}
