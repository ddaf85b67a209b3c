/** The bounds of the tables are judged here, after each fold. */

import type { Retention } from "@neverstale/server";
import type { SimTables } from "../store/sim-tables.ts";
import { chainOverBound } from "./chain/chain-bounds.ts";

/**
 * It tells what is beyond its bound once a fold of a space, and the trimming behind it, have ended. It returns null when
 * nothing is. What came after trimming last looked is not held against it.
 */
export function overBound(tables: SimTables, retention: Retention, space: string): string | null {
  const { data, added, lookedAt } = tables;
  const since = (table: keyof typeof added) => added[table] - lookedAt[table];
  const history = data.history.length - since("history");
  if (history > retention.historyRows) return `${history} rows of history`;
  const answers = data.answers.length - since("answers");
  if (answers > retention.answers) return `${answers} answers`;
  if (data.ended.size > since("ended")) return `${data.ended.size} spaces that have ended are not cleared away`;
  return (
    logOverBound(tables, retention, since("log")) ??
    chainOverBound(tables, retention) ??
    undoOverBound(tables) ??
    tombstonesOverBound(tables, space)
  );
}

/** The oldest group goes when it is folded and there are more changes than are kept, but for the newest entry of the chain. */
function logOverBound({ data, newestAtLook }: SimTables, { logChanges }: Retention, since: number): string | null {
  const [oldest] = data.log;
  const folded = data.spaces.get(oldest?.spaceId ?? 0)?.foldedVersion ?? 0;
  if (oldest === undefined || oldest.lastVersion > folded || oldest.entry >= newestAtLook) return null;
  const before = oldest.total - (oldest.lastVersion - oldest.firstVersion + 1);
  const kept = (data.log.at(-1)?.total ?? 0) - before - since;
  return kept > logChanges ? `${kept} changes in the log` : null;
}

/** Notes are needed for folds that were cut short by a full disk, and until the space's next one. */
function undoOverBound({ data }: SimTables): string | null {
  const [oldest] = data.undo;
  if (oldest === undefined) return null;
  const folded = data.spaces.get(oldest.spaceId)?.foldedVersion ?? Number.POSITIVE_INFINITY;
  return oldest.target > folded ? null : `${data.undo.length} notes of what folds replaced`;
}

function tombstonesOverBound({ data }: SimTables, name: string): string | null {
  const space = [...data.spaces.values()].find((row) => row.name === name);
  const kept = space === undefined ? [] : [...(data.tombstones.get(space.id)?.values() ?? [])];
  const old = kept.filter(({ version }) => version <= (space?.tombstoneFloor ?? 0)).length;
  return old > 0 ? `${old} tombstones below the floor` : null;
}
