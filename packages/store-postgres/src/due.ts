/** The rows that are due to go are chosen here: always the oldest ones, one after the other. */

import type { Retention } from "@neverstale/server/store";
import type { DueHistoryRow, OldEntryRow } from "./statements/trim.ts";

export interface ChainTotals {
  readonly sequence: number;
  readonly changes: number;
  readonly chars: number;
  readonly ageAt: number;
}

/** The newest entry stays, and so does what is not folded, and all behind it. It returns null when nothing may go. */
export function lastDueEntry(
  rows: readonly OldEntryRow[],
  newest: ChainTotals,
  retention: Retention,
): OldEntryRow | null {
  return lastOf(rows, (row) => {
    const isTooMany = newest.sequence - row.sequence >= retention.chainEntries;
    const isTooMuch =
      newest.changes - (row.total_changes - row.changes) > retention.logChanges ||
      newest.chars - (row.total_chars - row.chars) > retention.logChars;
    const isOld = newest.ageAt - row.age_at > retention.logAgeMs;
    return row.folded && row.sequence < newest.sequence && (isTooMany || isTooMuch || isOld);
  });
}

/** `kept` says how much there is, these rows included. */
export function lastDueHistory(
  rows: readonly DueHistoryRow[],
  kept: { readonly rows: number; readonly chars: number },
  ageAt: number,
  retention: Retention,
): DueHistoryRow | null {
  const { historyAgeMs, historyRows, historyChars } = retention;
  let left = kept.rows;
  let chars = kept.chars;
  return lastOf(rows, (row) => {
    const isDue = left > historyRows || chars > historyChars || ageAt - row.at > historyAgeMs;
    left -= 1;
    chars -= row.chars;
    return isDue;
  });
}

/** It returns the rows from the front for which `isDue` holds without a gap. */
export function prefixOf<Row>(rows: readonly Row[], isDue: (row: Row, index: number) => boolean): readonly Row[] {
  const first = rows.findIndex((row, index) => !isDue(row, index));
  return first < 0 ? rows : rows.slice(0, first);
}

function lastOf<Row>(rows: readonly Row[], isDue: (row: Row) => boolean): Row | null {
  return prefixOf(rows, isDue).at(-1) ?? null;
}
