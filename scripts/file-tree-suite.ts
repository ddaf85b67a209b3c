/** The tests of the checks write trees of files here. */

import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** It writes each text into the file at its path below `root`, and makes the folders on the way. */
export function writeTree(root: string, files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}
