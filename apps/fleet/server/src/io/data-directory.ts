import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";

/** Makes the directory for this user alone; refuses one that others can look into (C46). */
export function openDataDirectory(path: string): void {
  process.umask(0o077);
  mkdirSync(path, { recursive: true, mode: 0o700 });
  const mode = statSync(path).mode & 0o777;
  if (process.platform !== "win32" && (mode & 0o077) !== 0) {
    throw new Error(
      `the data directory ${path} is open to other users (mode ${mode.toString(8)}). Run: chmod 700 ${path}`,
    );
  }
}

/** Where the state is. */
export function databaseIn(dataDir: string): string {
  return join(dataDir, "fleet.db");
}
