/** A SQLite failure says what is known of the transaction that failed. */

import type { DatabaseSync } from "node:sqlite";
import { StoreFailure } from "@neverstale/server/store";

/** These are SQLite's primary result codes (https://sqlite.org/rescode.html). */
const BUSY = 5;
const NOMEM = 7;
const CORRUPT = 11;
const FULL = 13;
const TOOBIG = 18;
const CONSTRAINT = 19;
const NOTADB = 26;

/** When a statement before COMMIT fails like this and the transaction can be rolled back, nothing of it is stored. */
const HARMLESS_BEFORE_COMMIT: ReadonlySet<number> = new Set([BUSY, NOMEM, FULL, TOOBIG]);

/** It returns the primary result code, or null for an error that is not SQLite's. */
export function sqliteCode(error: unknown): number | null {
  if (!(error instanceof Error) || !("errcode" in error) || typeof error.errcode !== "number") return null;
  return error.errcode & 0xff;
}

export function isDamage(error: unknown): boolean {
  const code = sqliteCode(error);
  return code === CORRUPT || code === NOTADB;
}

/** A write that fails for want of space can be tried again. */
export function isFull(error: unknown): boolean {
  return sqliteCode(error) === FULL;
}

/**
 * Runs `work` as one transaction, which has been committed when this returns. Else it throws a `StoreFailure` (rule A1).
 *
 * With a write-ahead log it is COMMIT that writes, so a full disk shows there and must not count as unknown. SQLite writes the
 * frame that seals a transaction last, and reports FULL only for a write that did not take place. So the seal is missing,
 * whatever happens next. The sync comes after the seal, and it never fails with FULL but with an I/O error.
 */
export function inTransaction<Result>(db: DatabaseSync, work: () => Result): Result {
  let committing = false;
  try {
    db.exec("BEGIN IMMEDIATE");
    const result = work();
    committing = true;
    db.exec("COMMIT");
    return result;
  } catch (error) {
    throw failureOf(error, committing, rollBack(db));
  }
}

/** It returns true when there is no transaction afterwards. */
function rollBack(db: DatabaseSync): boolean {
  try {
    if (db.isTransaction) db.exec("ROLLBACK");
    return !db.isTransaction;
  } catch {
    return false;
  }
}

function failureOf(error: unknown, committing: boolean, rolledBack: boolean): StoreFailure {
  const code = sqliteCode(error);
  const harmless = committing ? code === FULL : code === null || HARMLESS_BEFORE_COMMIT.has(code);
  const text = error instanceof Error ? error.message : String(error);
  // Rows are numbered here, and names are checked at the door: a row that is there already was written by somebody else.
  const message = code === CONSTRAINT ? `another writer works on the database: ${text}` : text;
  return new StoreFailure(harmless && rolledBack ? "nothing_moved" : "unknown", message, error);
}
