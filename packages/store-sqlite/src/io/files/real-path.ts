/** The real path is one name for a file, whatever links lead to it. */

import { readlinkSync, realpathSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";

/** The file need not exist. A hard link is another name of the same file: `checkRun` finds those. */
export function realPath(path: string): string {
  try {
    return realpathSync.native(path);
  } catch (error) {
    if (isLoop(error)) throw error;
    const target = linkTarget(path);
    if (target !== null) return realPath(resolve(dirname(path), target));
    const directory = dirname(path);
    return directory === path ? path : join(realPath(directory), basename(path));
  }
}

/** Links may lead to each other in a circle. */
function isLoop(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ELOOP";
}

/** A link may lead to a file that does not exist yet. */
function linkTarget(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
}
