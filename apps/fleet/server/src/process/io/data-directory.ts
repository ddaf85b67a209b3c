/** The data directory is made for this user alone. */

import { existsSync, mkdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { dataDirectoryFailure } from "../start-failure.ts";

/** It makes the directory, and refuses one that others can look into (C46). */
export function openDataDirectory(path: string): void {
  process.umask(0o077);
  try {
    makeDirectory(path);
  } catch (error) {
    throw dataDirectoryFailure(path, error);
  }
  const mode = statSync(path).mode & 0o777;
  if (process.platform !== "win32" && (mode & 0o077) !== 0) {
    throw new Error(
      `the data directory ${path} is open to other users (mode ${mode.toString(8)}). Run: chmod 700 ${path}`,
    );
  }
}

/** It does not use `recursive`, with which Node never comes back from where nothing can be made, such as /proc. */
function makeDirectory(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return;
  const parent = dirname(path);
  if (!existsSync(parent)) makeDirectory(parent);
  mkdirSync(path, { mode: 0o700 });
}

/** The state is in this file. */
export function databaseIn(dataDir: string): string {
  return join(dataDir, "fleet.db");
}
