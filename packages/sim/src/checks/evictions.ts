/** Evictions are judged here: who leaves a collection that keeps only its newest records. */

import { type Change, type Keep, type Model, RECORD_EVICTED, type StateRecord } from "@neverstale/protocol";
import { type History, type HistoryMoment, NO_RECORDS, type OracleRecords } from "./history.ts";
import { isSame } from "./same-state.ts";

/** It tells what rule S3 has against a change, as the history stands before it. It returns null when nothing is wrong. */
export function wrongEviction(model: Model, history: History, { type, data }: Change): string | null {
  if (type !== RECORD_EVICTED) return null;
  const name = data.collection as string;
  const keep = model.collections[name]?.keep ?? null;
  if (keep === null) return `${name} keep all`;
  const ids = counted(keep, history.head.state[name] ?? NO_RECORDS).map(({ id }) => id);
  if (ids.length <= keep.newest) return `only ${ids.length} ${name} are there`;
  const oldest = longestUntouched(history, name, ids);
  return data.id === oldest ? null : `${name}/${oldest} is older than ${String(data.id)}`;
}

/** These records count for a `keep`. */
export function counted({ where = {} }: Keep, records: OracleRecords): readonly StateRecord[] {
  return [...records.values()].filter((record) =>
    Object.entries(where).every(([field, values]) => values.some((value) => value === record[field])),
  );
}

/** It looks back until all but one have been touched. */
function longestUntouched({ moments, head }: History, name: string, ids: readonly string[]): string | undefined {
  const left = new Set(ids);
  for (let at = head.version; at > 0 && left.size > 1; at -= 1) {
    const [before, after] = [recordsAt(moments, at - 1, name), recordsAt(moments, at, name)];
    for (const id of left) if (!isSame(before.get(id), after.get(id))) left.delete(id);
  }
  return [...left][0];
}

function recordsAt(moments: readonly HistoryMoment[], version: number, name: string): OracleRecords {
  return moments[version]?.state[name] ?? NO_RECORDS;
}
