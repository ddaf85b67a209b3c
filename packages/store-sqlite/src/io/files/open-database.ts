/** Opening a database locks the file, checks it and migrates it. */

import { chmodSync, existsSync, statSync } from "node:fs";
import { SyncError } from "@neverstale/protocol";
import { requireSqlite } from "../sqlite.ts";
import { type DatabaseSettings, SqliteDatabase } from "../sqlite-database.ts";
import { isDamage } from "../sqlite-failure.ts";
import { lockData } from "./data-lock.ts";
import { checkSchemaVersion, migrate } from "./migrate.ts";
import { createPrivateDirectory, createPrivateFile } from "./private-file.ts";
import { checkFileOfLog, checkRun, markBegun, markEnded } from "./run-mark.ts";
import type { Migration } from "./schema.ts";

/**
 * The path in the settings is the real one. It throws a `SyncError`, and nothing stays open then. `checkRun` says what
 * `acceptLostLog` means.
 */
export function openDatabase(
  settings: DatabaseSettings,
  migrations: readonly Migration[],
  acceptLostLog = false,
): OpenDatabase {
  requireSqlite(); // It throws before anything is made beside the database.
  const { path } = settings;
  return withReason(path, () => {
    createPrivateDirectory(path);
    const lock = lockData(path);
    let database: SqliteDatabase | null = null;
    try {
      const version = prepareFile(path, migrations.length, acceptLostLog);
      database = new SqliteDatabase(settings);
      const { db } = database.full;
      migrate(db, path, version, migrations);
      markBegun(db, path);
      return { database, endRun: () => markEnded(db), release: () => lock.release() };
    } catch (error) {
      database?.close();
      lock.release();
      throw error;
    }
  });
}

export interface OpenDatabase {
  readonly database: SqliteDatabase;
  /** Notes that the run ends as it should. Nothing is lost with the log then. */
  endRun(): void;
  release(): void;
}

/** It looks before it touches: a file of a newer schema stays as it is. */
function prepareFile(path: string, newest: number, acceptLostLog: boolean): number {
  const isThere = existsSync(path) && statSync(path).size > 0;
  const version = isThere ? checkSchemaVersion(path, newest) : 0;
  if (isThere) checkRun(path, acceptLostLog);
  else checkFileOfLog(path);
  createPrivateFile(path);
  for (const file of [`${path}-wal`, `${path}-shm`]) if (existsSync(file)) chmodSync(file, 0o600);
  return version;
}

export function withReason<Result>(path: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw failureToOpen(path, error);
  }
}

/** The error that it returns says what the caller can do about the failure. */
export function failureToOpen(path: string, error: unknown): SyncError {
  if (error instanceof SyncError) return error;
  const message = error instanceof Error ? error.message : String(error);
  if (isDamage(error))
    return new SyncError("store_damaged", `${path}: ${message}`, { hint: "Restore a backup.", cause: error });
  return new SyncError("store_unavailable", `${path} can't be opened: ${message}`, {
    hint: "Look at the path, its owner and the disk.",
    cause: error,
  });
}
