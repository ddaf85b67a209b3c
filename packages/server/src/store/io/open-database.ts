import { chmodSync, existsSync, statSync } from "node:fs";
import { SyncError } from "@neverstale/protocol";
import { type DataLock, lockData } from "./data-lock.ts";
import { DatabaseWriter, type WriterSettings } from "./database-writer.ts";
import { undoFolds } from "./fold-rows.ts";
import { checkSchemaVersion, migrate } from "./migrate.ts";
import { createPrivateDirectory, createPrivateFile } from "./private-file.ts";
import { type DatabaseContents, readContents } from "./read-contents.ts";
import type { Migration } from "./schema.ts";
import { inTransaction, isDamage } from "./sqlite-failure.ts";

export interface OpenDatabase {
  readonly lock: DataLock;
  readonly writer: DatabaseWriter;
  readonly contents: DatabaseContents;
}

/** Locks, migrates and reads the database. What it throws is a `SyncError`; nothing stays open then. */
export function openDatabase(settings: WriterSettings, migrations: readonly Migration[]): OpenDatabase {
  const { path } = settings;
  return withReason(path, () => {
    createPrivateDirectory(path);
    const lock = lockData(path);
    let writer: DatabaseWriter | null = null;
    try {
      const version = prepareFile(path, migrations.length);
      writer = new DatabaseWriter(settings, (db) => migrate(db, path, version, migrations));
      const { db } = writer;
      inTransaction(db, () => undoFolds(db));
      return { lock, writer, contents: readContents(writer.db) };
    } catch (error) {
      writer?.close();
      lock.release();
      throw error;
    }
  });
}

/** Looks before it touches: a file of a newer schema stays as it is. */
function prepareFile(path: string, newest: number): number {
  const version = existsSync(path) && statSync(path).size > 0 ? checkSchemaVersion(path, newest) : 0;
  createPrivateFile(path);
  for (const file of [`${path}-wal`, `${path}-shm`]) if (existsSync(file)) chmodSync(file, 0o600);
  return version;
}

/** Says of a failure what the caller can do about it. */
export function withReason<Result>(path: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (error instanceof SyncError) throw error;
    const message = error instanceof Error ? error.message : String(error);
    if (isDamage(error))
      throw new SyncError("store_damaged", `${path}: ${message}`, { hint: "Restore a backup.", cause: error });
    throw new SyncError("store_unavailable", `${path} can't be opened: ${message}`, {
      hint: "Look at the path, its owner and the disk.",
      cause: error,
    });
  }
}
