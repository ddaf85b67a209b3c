/** A SQLite file is copied out under its lock, and is made by a copy under another name, which it gives up only when it is whole. */

import { existsSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { SyncError } from "@neverstale/protocol";
import { type Copyable, type CopyOut, filledTarget, type PutPage, StoreFailure } from "@neverstale/server/store";
import { lockData } from "../files/data-lock.ts";
import { openDatabase, withReason } from "../files/open-database.ts";
import { createPrivateDirectory } from "../files/private-file.ts";
import { realPath } from "../files/real-path.ts";
import { MIGRATIONS } from "../files/schema.ts";
import { requireSqlite } from "../sqlite.ts";
import type { SqliteDatabase } from "../sqlite-database.ts";
import { checkIntegrity, syncPath } from "../verified-copy.ts";
import { FileFilling } from "./file-filling.ts";
import { putFile } from "./put-file.ts";

/** Nothing is touched before one of its calls. A source of an older schema is migrated, as at a start. */
export function sqliteCopy(path: string): Copyable {
  const name = resolve(path);
  return {
    name,
    copyOut: async (put) => {
      requireThere(name);
      await withFile(realPath(name), (database) => putFile(database, name, put));
    },
    copyIn: (fill, check) => fillFile(name, fill, check),
  };
}

/** Opening a file would make one where there is none. */
function requireThere(path: string): void {
  if (isThere(path)) return;
  throw new SyncError("store_unavailable", `there is no database at ${path}`, { hint: "Look at the path." });
}

function isThere(path: string): boolean {
  return existsSync(path) && statSync(path).size > 0;
}

async function withFile<Result>(path: string, work: (database: SqliteDatabase) => Promise<Result>): Promise<Result> {
  const { database, endRun, release } = openDatabase({ path, maxBytes: Number.POSITIVE_INFINITY }, MIGRATIONS);
  try {
    const result = await work(database);
    database.checkpoint();
    endRun();
    return result;
  } finally {
    database.close();
    release();
  }
}

/** The lock of the file itself is held meanwhile, so that no server begins with an empty one. */
async function fillFile(
  name: string,
  fill: (put: PutPage) => Promise<void>,
  check: (copyOut: CopyOut) => Promise<void>,
): Promise<void> {
  requireSqlite(); // It throws before anything is made beside the database.
  const target = withReason(name, () => realPath(name));
  const unfinished = `${target}.unfinished-copy`;
  withReason(name, () => createPrivateDirectory(target));
  const lock = lockData(target);
  try {
    if (isThere(target) || existsSync(`${target}-wal`)) throw filledTarget(name);
    removeFile(unfinished);
    await withFile(unfinished, async (database) => {
      const filling = new FileFilling(database);
      await fill(async (page) => filling.add(page));
      filling.end();
      await check((put) => putFile(database, name, put));
    });
    requireAllInFile(unfinished);
    checkIntegrity(unfinished);
    syncPath(unfinished);
    renameSync(unfinished, target);
    syncPath(dirname(target));
  } catch (error) {
    throw error instanceof StoreFailure
      ? new SyncError("store_unavailable", `${name} can't be written: ${error.message}`, {
          hint: "Look at the disk. Nothing was copied.",
          cause: error,
        })
      : error;
  } finally {
    removeFile(unfinished);
    lock.release();
  }
}

/** The write-ahead log goes with the last connection, unless it could not be moved into the file. */
function requireAllInFile(path: string): void {
  if (existsSync(`${path}-wal`) && statSync(`${path}-wal`).size > 0)
    throw new StoreFailure("nothing_moved", "its write-ahead log could not be moved into the file");
}

/** A copy that was killed may have left it, and SQLite's files beside it. */
function removeFile(path: string): void {
  for (const file of [path, `${path}-journal`, `${path}-wal`, `${path}-shm`, `${path}.lock`])
    rmSync(file, { force: true });
}
