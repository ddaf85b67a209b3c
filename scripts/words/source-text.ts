/** The text of a source file, with what the word checks ask of its path. */

import { globSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";

export interface SourceText {
  /** It is the path from the root, with `/`. */
  readonly path: string;
  readonly text: string;
}

/** Tests, the suites that they share, and the lists of a package's exports are left out. */
export function readSourceTexts(root: string): SourceText[] {
  return globSync(SOURCES, { cwd: root, exclude: (path) => NOT_OURS.test(path) })
    .map((path) => path.replaceAll("\\", "/"))
    .filter(isChecked)
    .sort()
    .map((path) => ({ path, text: readFileSync(join(root, path), "utf8") }));
}

const SOURCES = "{packages/*/src,apps/fleet/*/src,scripts,bench}/**/*.{ts,tsx}";
/** The benchmark's peers install what they need into a folder of their own. */
const NOT_OURS = /(^|[\\/])(node_modules|dist)$/;

function isChecked(path: string): boolean {
  return !/(\.test|\.test-d|-suite|\.d)\.tsx?$/.test(path) && posix.basename(path) !== "index.ts";
}

/** An area is `packages/server`, `apps/fleet/web` or `scripts`. Problems are counted by it. */
export function areaOf(path: string): string {
  const depth = path.startsWith("packages/") ? 2 : path.startsWith("apps/") ? 3 : 1;
  return path.split("/").slice(0, depth).join("/");
}
