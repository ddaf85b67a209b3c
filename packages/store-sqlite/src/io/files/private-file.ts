import { chmodSync, closeSync, existsSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Makes an empty file that only its owner can read, unless there is one. An existing one is not opened: when this process
 * has it open already, closing a second descriptor would give SQLite's locks on it away.
 */
export function createPrivateFile(path: string): void {
  if (existsSync(path)) return chmodSync(path, 0o600);
  closeSync(openSync(path, "a", 0o600));
}

/** Makes the directory of a file, for its owner only. One that exists keeps the mode its owner gave it. */
export function createPrivateDirectory(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
}
