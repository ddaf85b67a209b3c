/** The progress of a copy is a line now and then, and what was copied is told at the end. */

import type { CopyCounts, TellCopy } from "@neverstale/fleet-server";

const LINE_MS = 1_000;

/** It says at most one line a second, by a clock that nobody sets, and the first of each kind of work. */
export function copyProgress(say: (line: string) => void, now: () => number): TellCopy {
  let last: { readonly what: string; readonly at: number } | null = null;
  return (what, counts) => {
    const at = now();
    if (last?.what === what && at - last.at < LINE_MS) return;
    last = { what, at };
    say(`${what} so far: ${countsText(counts)}`);
  };
}

export function countsText(counts: CopyCounts): string {
  const { spaces, records, tombstones, entries, answers, history, points } = counts;
  return [
    `${entries} chain entries`,
    `${spaces} spaces`,
    `${records} records`,
    `${tombstones} tombstones`,
    `${answers} answers`,
    `${history} history rows`,
    `${points} rows of points`,
  ].join(", ");
}
