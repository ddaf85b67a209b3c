/** A migration brings a database to the newest schema. */

import { existsSync } from "node:fs";
import type { DatabaseSync } from "node:sqlite";
import { SyncError } from "@neverstale/protocol";
import { pragma } from "../connection.ts";
import { newDatabase } from "../sqlite.ts";
import { inTransaction } from "../sqlite-failure.ts";
import { writeVerifiedCopy } from "../verified-copy.ts";
import { APPLICATION_ID, type Migration } from "./schema.ts";

/**
 * It returns the schema version of a file, 0 for a file without content, and alters nothing.
 *
 * It throws `store_newer_than_code`, and `store_damaged` when the file belongs to another program.
 */
export function checkSchemaVersion(path: string, newest: number): number {
  const db = newDatabase(path, { readOnly: true });
  try {
    const version = schemaVersion(db, path);
    if (version > newest) throw newer(path, version, newest);
    return version;
  } finally {
    db.close();
  }
}

function schemaVersion(db: DatabaseSync, path: string): number {
  const tables = db.prepare("SELECT count(*) AS count FROM sqlite_schema").get() as { count: number };
  if (tables.count === 0) return 0;
  if (pragma(db, "application_id") !== APPLICATION_ID) {
    throw new SyncError("store_damaged", `${path} is a database of another program`, {
      hint: "Point the store at its own file, or at one that doesn't exist yet.",
    });
  }
  const row = db.prepare("SELECT version FROM schema_version").get() as { version: number } | undefined;
  if (row === undefined)
    throw new SyncError("store_damaged", `${path} does not say which schema it has`, { hint: "Restore a backup." });
  return row.version;
}

function newer(path: string, found: number, newest: number): SyncError {
  return new SyncError("store_newer_than_code", `${path} has schema ${found}, this build reads up to ${newest}`, {
    hint: "Start the newer server, or restore the backup that it made before it changed the schema.",
  });
}

/**
 * Each step of the schema is a transaction with its version. A database that holds something is copied first, and the path of
 * the copy is returned. Else it returns null.
 */
export function migrate(db: DatabaseSync, path: string, from: number, migrations: readonly Migration[]): string | null {
  if (from >= migrations.length) return null;
  const copy = from === 0 ? null : freeName(`${path}.schema-${from}`);
  if (copy !== null) writeVerifiedCopy(db, copy);
  for (let version = from; version < migrations.length; version += 1) {
    inTransaction(db, () => {
      migrations[version]?.(db);
      db.prepare("UPDATE schema_version SET version = ?").run(version + 1);
    });
  }
  return copy;
}

/** It returns `wanted`, or with a number behind it when that is taken. */
export function freeName(wanted: string): string {
  for (let n = 1; ; n += 1) {
    const name = n === 1 ? wanted : `${wanted}-${n}`;
    if (!existsSync(name)) return name;
  }
}
