/** A connection is one way into a SQLite file, with the settings on which durability rests. */

import type { DatabaseSync } from "node:sqlite";
import { newDatabase } from "./sqlite.ts";

const BUSY_TIMEOUT_MS = 100;

/** Opens a database that exists, for writing. It throws when SQLite does not hold the settings that durability rests on. */
export function openConnection(path: string, durability: Durability, maxBytes: number): DatabaseSync {
  const db = newDatabase(path, { timeout: BUSY_TIMEOUT_MS, enableForeignKeyConstraints: false });
  try {
    configure(db, durability);
    if (maxBytes < Number.POSITIVE_INFINITY) limitSize(db, maxBytes);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

export function pragma(db: DatabaseSync, name: string): unknown {
  const row = db.prepare(`PRAGMA ${name}`).get();
  return row === undefined ? undefined : Object.values(row)[0];
}

/**
 * With `full`, a transaction has been forced to disk when COMMIT returns. With `background`, it is forced with the next `full`
 * one, or with a checkpoint: until then a power cut may undo it, and never reorders it. That is enough for what can be made
 * again from the log, and saves a sync for every slice.
 */
export type Durability = "full" | "background";

/** `synchronous` is set after WAL, which may lower it, and it is read back. Checkpoints are made off the path of commits. */
function configure(db: DatabaseSync, durability: Durability): void {
  const [name, level] = durability === "full" ? ["FULL", 2] : ["NORMAL", 1];
  expectPragma(db, "journal_mode = WAL", "journal_mode", "wal");
  expectPragma(db, `synchronous = ${name}`, "synchronous", level);
  expectPragma(db, "wal_autocheckpoint = 0", "wal_autocheckpoint", 0);
  db.exec("PRAGMA journal_size_limit = 67108864");
  db.exec("PRAGMA trusted_schema = OFF");
}

function limitSize(db: DatabaseSync, maxBytes: number): void {
  const pages = Math.max(1, Math.floor(maxBytes / Number(pragma(db, "page_size"))));
  db.exec(`PRAGMA max_page_count = ${pages}`);
}

function expectPragma(db: DatabaseSync, set: string, name: string, expected: string | number): void {
  db.exec(`PRAGMA ${set}`);
  const found = pragma(db, name);
  if (found !== expected)
    throw new Error(`SQLite holds ${name} = ${String(found)}, not ${expected}: commits would not be durable`);
}
