/** The import graph says which of our files each file imports by a relative path. */

import { posix } from "node:path";
import type { SourceFile } from "./workspace.ts";

/** It is by the paths of the files. Types count as values do. */
export type ImportGraph = ReadonlyMap<string, readonly string[]>;

export function importGraph(sources: readonly SourceFile[]): ImportGraph {
  const paths = new Set(sources.map(({ path }) => path));
  return new Map(sources.map((file) => [file.path, importsOf(file, paths)]));
}

/** It returns where the file at `path` imports the file at `target`. */
export function placeOfImport({ path, names }: SourceFile, target: string): number {
  return names.modules.find(({ specifier }) => targetOf(path, specifier) === target)?.start ?? 0;
}

function importsOf({ path, names }: SourceFile, paths: ReadonlySet<string>): string[] {
  return names.modules.flatMap(({ specifier }) => {
    const target = targetOf(path, specifier);
    return target !== null && paths.has(target) ? [target] : [];
  });
}

function targetOf(path: string, specifier: string): string | null {
  return specifier.startsWith(".") ? posix.join(posix.dirname(path), specifier) : null;
}
