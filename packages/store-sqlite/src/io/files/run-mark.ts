import { existsSync, statSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { SyncError } from "@neverstale/protocol";
import { newDatabase } from "../sqlite.ts";
import { inTransaction } from "../sqlite-failure.ts";
import { lockData, lockPathOf } from "./data-lock.ts";

/**
 * What the file says of the run of a server that has it open: that it has not ended, under which lock, and of which file,
 * by the number that a file system gives to all its names.
 */
interface RunMark {
  readonly ended: 0 | 1;
  readonly lock: string | null;
  readonly file: string | null;
}

/** From now until `markEnded` the file says that a run has begun. */
export function markBegun(db: DatabaseSync, path: string): void {
  inTransaction(db, () => {
    db.prepare("UPDATE run SET ended = 0, lock = ?, file = ?").run(lockPathOf(path), numberOf(path));
  });
}

/** Everything is in the file, or in the log beside it. A file of an older schema has no such mark. */
export function markEnded(db: DatabaseSync): void {
  if (hasMark(db)) inTransaction(db, () => db.exec("UPDATE run SET ended = 1"));
}

/** Whether the file was not closed by its last server, or copied while one had it open, and the log is not beside it. */
export function lacksLog(path: string): boolean {
  return !hasLog(path) && readMark(path)?.ended === 0;
}

/** Throws `store_damaged` where a log lies beside a file that is gone, or empty: SQLite would throw it away. */
export function checkFileOfLog(path: string): void {
  if (!hasLog(path)) return;
  throw new SyncError("store_damaged", `${path} is gone or empty, and its log ${path}-wal is there`, {
    hint: "Put the file back beside it, or restore a backup. To begin with nothing move the log away first.",
  });
}

function hasLog(path: string): boolean {
  return existsSync(`${path}-wal`) && statSync(`${path}-wal`).size > 0;
}

/**
 * Looks whether the file can be opened as it lies there. Alters nothing.
 *
 * Throws `store_locked` when a server has it open under another of its names, and `store_damaged` when it was not closed
 * by its last one and the log, which holds what was committed last, is gone; not with `acceptLostLog`.
 */
export function checkRun(path: string, acceptLostLog: boolean): void {
  const isLost = !hasLog(path); // Before the file is read, which makes an empty log.
  const mark = readMark(path);
  if (mark === null || mark.ended === 1) return;
  if (mark.file === numberOf(path)) checkOtherName(path, mark.lock);
  if (isLost && !acceptLostLog) throw lostLog(path);
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

/** The lock of a file lies beside one of its names. */
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
