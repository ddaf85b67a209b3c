import type { DatabaseSync, DatabaseSyncOptions } from "node:sqlite";
import { SyncError } from "@neverstale/protocol";

/**
 * This Node's own SQLite. It is looked for when there is something to open, since whoever keeps everything in memory needs
 * none: an older Node would not even load a file that imports it.
 */
export function requireSqlite(): typeof import("node:sqlite") {
  const sqlite = process.getBuiltinModule?.("node:sqlite");
  if (sqlite !== undefined) return sqlite;
  throw new SyncError("store_unavailable", `Node ${process.versions.node} has no SQLite`, {
    hint: "Use Node 22.18 or newer, or `memoryStore()`, which forgets everything at the end.",
  });
}

export function newDatabase(path: string, options: DatabaseSyncOptions = {}): DatabaseSync {
  const { DatabaseSync } = requireSqlite();
  return new DatabaseSync(path, options);
}
