/** No folder holds more source files than one can look over; tests and what they share are not counted. */
import { posix } from "node:path";
import type { SourceFile, Violation } from "./workspace.ts";

const MOST_FILES = 15;

/** Folders that may hold more, each with the reason. */
export const LARGE_FOLDERS: Readonly<Record<string, string>> = {
  "bench/harness": "one harness, whose processes are small files that nobody looks for by subject",
  "bench/peers": "one file for each end of each product that is compared",
};

export function largeFolders(sources: readonly SourceFile[]): Violation[] {
  return [...countsOf(sources)].flatMap(([folder, count]) => {
    const isListed = Object.hasOwn(LARGE_FOLDERS, folder);
    if (count > MOST_FILES && !isListed) return [tooLarge(folder, count)];
    return count <= MOST_FILES && isListed ? [listedInVain(folder, count)] : [];
  });
}

function countsOf(sources: readonly SourceFile[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { path, isTest } of sources) {
    const folder = posix.dirname(path);
    counts.set(folder, (counts.get(folder) ?? 0) + (isTest ? 0 : 1));
  }
  return counts;
}

function tooLarge(folder: string, count: number): Violation {
  return {
    at: folder,
    what: `holds ${count} source files, more than ${MOST_FILES}`,
    instead: "group them by what they are about, in folders below it",
  };
}

function listedInVain(folder: string, count: number): Violation {
  return {
    at: folder,
    what: `holds ${count} source files, and is listed as a folder that needs more than ${MOST_FILES}`,
    instead: "take it off the list in scripts/architecture/folder-sizes.ts",
  };
}
