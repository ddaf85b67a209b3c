/** SQLite comes with Node, and is looked for when it is needed. */

import type { DatabaseSync, DatabaseSyncOptions } from "node:sqlite";
import { SyncError } from "@neverstale/protocol";

/**
 * An older Node would not even load a file that imports it, and whoever keeps everything in memory needs none. It throws
 * `store_unavailable` where there is none.
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
