import { readlinkSync, realpathSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";

/** One name for a file, whatever links lead to it; it need not exist. A hard link is another name: see `Run`. */
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

/** Links that lead to each other. */
function isLoop(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ELOOP";
}

/** Of a link that leads nowhere yet. */
function linkTarget(path: string): string | null {
  try {
    return readlinkSync(path);
  } catch {
    return null;
  }
}
