/** A verified copy of a database is checked and forced to disk before it gets its name. */

import { chmodSync, closeSync, fsyncSync, openSync, renameSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { markEnded } from "./files/run-mark.ts";
import { newDatabase } from "./sqlite.ts";

/**
 * The database may be in use. A file at `path` is always whole, and only its owner can read it. What is at `path` is
 * replaced.
 */
export function writeVerifiedCopy(db: DatabaseSync, path: string): void {
  const unfinished = `${path}.unfinished`;
  removeUnfinished(unfinished);
  try {
    closeSync(openSync(unfinished, "wx", 0o600));
    db.prepare("VACUUM INTO ?").run(unfinished);
    endRunIn(unfinished);
    chmodSync(unfinished, 0o600);
    checkIntegrity(unfinished);
    syncPath(unfinished);
    renameSync(unfinished, path);
    syncPath(dirname(path));
  } finally {
    removeUnfinished(unfinished);
  }
}

/** A crash may have left files beside it, which SQLite would read into the next file of that name: they go too. */
function removeUnfinished(path: string): void {
  for (const file of [path, `${path}-journal`, `${path}-wal`, `${path}-shm`]) rmSync(file, { force: true });
}

/** A database that a server works on says so. Its copy must not, since it is whole without a log. */
function endRunIn(path: string): void {
  const copy = newDatabase(path);
  try {
    markEnded(copy);
  } finally {
    copy.close();
  }
}

export class IntegrityError extends Error {}

/** It throws an `IntegrityError` when SQLite finds the file damaged. */
export function checkIntegrity(path: string): void {
  const db = newDatabase(path, { readOnly: true });
  try {
    const found = db.prepare("PRAGMA integrity_check(10)").all();
    const faults = found.map((row) => String(row.integrity_check)).filter((line) => line !== "ok");
    if (faults.length > 0) throw new IntegrityError(`${path} fails its integrity check: ${faults.join("; ")}`);
  } finally {
    db.close();
  }
}

/** It forces a file, or the names in a directory, to disk. */
export function syncPath(path: string): void {
  const file = openSync(path, "r");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
