/** A durable file is written whole and forced to disk, so that it survives a crash of the process or of the machine. */

import * as fs from "node:fs";
import { basename, dirname, join } from "node:path";

/** Replaces a file by `text`, all or nothing. It is on disk when this returns. At most a `.tmp` file is left when this throws. */
export function writeDurably(path: string, text: string): void {
  const temporary = `${path}.tmp`;
  writeAndSync(temporary, text);
  fs.renameSync(temporary, path);
  syncDirectory(dirname(path));
}

/** Makes a file that must not exist yet. It is whole and on disk when this returns. False means that the file was there. */
export function createDurably(path: string, text: string): boolean {
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}`);
  writeAndSync(temporary, text);
  try {
    fs.linkSync(temporary, path); // Unlike rename, link refuses to replace: of two that try, one wins.
  } catch (error) {
    if (errorCode(error) === "EEXIST") return false;
    throw error;
  } finally {
    fs.unlinkSync(temporary);
  }
  syncDirectory(dirname(path));
  return true;
}

/** Returns the text of the file, or null when there is no file. */
export function readIfThere(path: string): string | null {
  try {
    return fs.readFileSync(path, "utf8");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return null;
    throw error;
  }
}

/** Makes a directory for this user alone. Throws when the directory is there and open to others (C46). */
export function makePrivateDirectory(path: string): void {
  fs.mkdirSync(path, { recursive: true, mode: 0o700 });
  const mode = fs.statSync(path).mode & 0o777;
  if ((mode & 0o077) !== 0) {
    throw new Error(`${path} is open to other users (mode ${mode.toString(8)}). Run: chmod 700 ${path}`);
  }
}

/** Returns Node's `code` of a failed system call, or "". */
export function errorCode(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}

export function syncDirectory(path: string): void {
  const directory = fs.openSync(path, "r");
  try {
    fs.fsyncSync(directory);
  } finally {
    fs.closeSync(directory);
  }
}

function writeAndSync(path: string, text: string): void {
  const file = fs.openSync(path, "w", 0o600);
  try {
    fs.writeFileSync(file, text);
    fs.fsyncSync(file);
  } finally {
    fs.closeSync(file);
  }
}
