/** A release is packed into compressed files, and unpacked again. */

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";

/** Keeps the files below `from`, each compressed, under `to`. Files that only a running process needs are left out. */
export function pack(from: string, to: string): void {
  for (const path of filesBelow(from)) {
    if (/\.(lock|log)$|-shm$|\.map$/.test(path)) continue;
    writePrivately(join(to, `${relative(from, path)}.gz`), gzipSync(readFileSync(path), { level: 9 }));
  }
}

/** Unpacks what `pack` has kept. */
export function unpack(from: string, to: string): void {
  for (const path of filesBelow(from)) {
    writePrivately(join(to, relative(from, path).replace(/\.gz$/, "")), gunzipSync(readFileSync(path)));
  }
}

/** A server refuses a data directory that others may look into. */
function writePrivately(path: string, content: Uint8Array): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(path, content, { mode: 0o600 });
}

function filesBelow(directory: string): string[] {
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
