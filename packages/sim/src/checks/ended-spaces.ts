/** Spaces that have ended are judged here: an archived one leaves all that it held in the history, any other leaves nothing. */

import type { StateRecord } from "@neverstale/protocol";
import type { Retention, StateManager } from "@neverstale/server";
import type { HistoryRow } from "@neverstale/server/store";
import type { Branch, EndedHistory, HeldRecord, OracleState } from "./history.ts";
import { isSame } from "./same-state.ts";

/** It tells what rule S9 has against the history of the spaces that have ended, as it can be read. Null means nothing. */
export async function wrongArchive(
  manager: Pick<StateManager, "history">,
  branch: Branch,
  { historyRows = Number.POSITIVE_INFINITY }: Partial<Retention>,
): Promise<string | null> {
  for (const [creationId, ended] of branch.ended) {
    const rows = await manager.history({ space: ended.name, creationId, limit: ALL });
    // Where the history is short, rows of an archive may have gone with the oldest.
    if (ended.archived && historyRows < ALL) continue;
    const wrong = wrongRows(ended, rows);
    if (wrong !== null) return `${ended.name} ${creationId} has ended, and ${wrong}`;
  }
  return null;
}

/** It tells what is wrong with the rows that an ended space has in the history. Null means nothing. */
export function wrongRows({ archived, held }: EndedHistory, rows: readonly ArchiveRow[]): string | null {
  if (!archived) return rows.length === 0 ? null : `${rows.length} rows of its history are left`;
  const lost = held.find((one) => !rows.some((row) => isRowOf(row, one)));
  return lost === undefined ? null : `${lost.collection}/${lost.record.id} is not in its archive`;
}

export function heldIn(state: OracleState): HeldRecord[] {
  return Object.entries(state).flatMap(([collection, records]) =>
    Array.from(records.values(), (record) => ({ collection, record })),
  );
}

/** A row holds its record, or the record as text. */
type ArchiveRow = Pick<HistoryRow, "collection" | "id"> &
  ({ readonly text: string } | { readonly record: StateRecord });

function isRowOf(row: ArchiveRow, { collection, record }: HeldRecord): boolean {
  if (row.collection !== collection || row.id !== record.id) return false;
  return isSame("text" in row ? (JSON.parse(row.text) as StateRecord) : row.record, record);
}

/** So many rows are more than any run has. */
const ALL = 100_000;
