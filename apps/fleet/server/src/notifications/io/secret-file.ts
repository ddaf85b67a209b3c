/** A secret file holds the secret or token of a notify target. It is read at each attempt, so that a new one counts at once. */

import { closeSync, fstatSync, openSync, readFileSync } from "node:fs";

const SECRET_FILE_BYTES = 4_096;

/** It returns what stands in the file, a word each. It throws with words that say nothing of the content. */
export function readSecrets(path: string): string[] {
  const file = open(path);
  try {
    const { size, mode } = fstatSync(file);
    if (size > SECRET_FILE_BYTES) throw new Error(`the file ${path} has more than ${SECRET_FILE_BYTES} bytes`);
    if (process.platform !== "win32" && (mode & 0o007) !== 0)
      throw new Error(`the file ${path} is open to all users: run chmod o-rwx on it`);
    return readFileSync(file, "utf8")
      .split(/\s+/)
      .filter((word) => word !== "");
  } finally {
    closeSync(file);
  }
}

function open(path: string): number {
  try {
    return openSync(path, "r");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? ` (${error.code})` : "";
    throw new Error(`the file ${path} can't be read${code}`);
  }
}
