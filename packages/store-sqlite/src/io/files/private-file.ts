/** A private file can be read by its owner only. */

import { chmodSync, closeSync, existsSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";

/**
 * It makes an empty file, unless there is one. A file that is there is not opened: when this process has it open already,
 * closing a second descriptor would give SQLite's locks on it away.
 */
export function createPrivateFile(path: string): void {
  if (existsSync(path)) return chmodSync(path, 0o600);
  closeSync(openSync(path, "a", 0o600));
}

/** It makes the directory of a file, for its owner only. A directory that exists keeps the mode that its owner gave it. */
export function createPrivateDirectory(path: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
}
