/** The rows of several outputs are put in the order of their times, each with the output that it is of. */

import type { OutputRow } from "../output-window.ts";

/** It is what the page holds of one output, in order. */
export interface MergeSource {
  readonly id: string;
  readonly rows: readonly OutputRow[];
  /** There are older rows, which the page does not hold. */
  readonly hasOlder: boolean;
}

export interface MergedRow {
  /** It stays the same when others come or go. */
  readonly key: string;
  /** The index of its output. */
  readonly source: number;
  readonly row: OutputRow;
}

export interface MergedRows {
  readonly rows: readonly MergedRow[];
  /** Older rows of these outputs are missing, so nothing older than theirs can be shown in its order. */
  readonly held: readonly string[];
  /** Rows that the page holds are not shown, because there are too many (B164). */
  readonly isCut: boolean;
}

/** So many rows are shown together (B164). */
export const MOST_MERGED_ROWS = 2_000;

/**
 * It takes the newest row of all again and again, until there is none left, or the next one may have others before it that the page
 * does not hold. Rows of one time stand in the order of their outputs.
 */
export function mergeRows(sources: readonly MergeSource[]): MergedRows {
  const taken: MergedRow[] = [];
  const left = sources.map(({ rows }) => rows.length);
  for (;;) {
    const source = newestOf(sources, left);
    const held = sources.filter(({ hasOlder }, at) => hasOlder && left[at] === 0).map(({ id }) => id);
    if (source === null || held.length > 0) return { rows: taken.toReversed(), held, isCut: false };
    if (taken.length >= MOST_MERGED_ROWS) return { rows: taken.toReversed(), held: [], isCut: true };
    const at = (left[source] ?? 0) - 1;
    left[source] = at;
    const { id, rows } = sources[source] as MergeSource;
    const row = rows[at] as OutputRow;
    taken.push({ key: `${id} ${row.line ?? `end ${rows.length - at}`}`, source, row });
  }
}

function newestOf(sources: readonly MergeSource[], left: readonly number[]): number | null {
  let newest: number | null = null;
  for (const [source, { rows }] of sources.entries()) {
    const row = rows[(left[source] ?? 0) - 1];
    if (row === undefined) continue;
    if (newest === null || timeOf(row) >= timeOf(sources[newest]?.rows[(left[newest] ?? 0) - 1])) newest = source;
  }
  return newest;
}

function timeOf(row: OutputRow | undefined): string {
  return row?.at ?? "";
}
