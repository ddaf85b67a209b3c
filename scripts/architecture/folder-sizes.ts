/** No folder holds more source files than one can look over. Tests and what they share are not counted. */

import { posix } from "node:path";
import type { ArchitectureViolation, SourceFile } from "./workspace.ts";

export function largeFolders(sources: readonly SourceFile[]): ArchitectureViolation[] {
  return [...countsOf(sources)].flatMap(([folder, count]) => (count > MOST_FILES ? [tooLarge(folder, count)] : []));
}

const MOST_FILES = 15;

function countsOf(sources: readonly SourceFile[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { path, isTest } of sources) {
    const folder = posix.dirname(path);
    counts.set(folder, (counts.get(folder) ?? 0) + (isTest ? 0 : 1));
  }
  return counts;
}

function tooLarge(folder: string, count: number): ArchitectureViolation {
  return {
    at: folder,
    what: `holds ${count} source files, more than ${MOST_FILES}`,
    instead: "group them by what they are about, in folders below it",
  };
}
