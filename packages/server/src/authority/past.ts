import type { Change, StateRecord } from "@neverstale/protocol";
import { changesOfText } from "../store/change-text.ts";
import type { HistoryQuery, LogQuery, Store } from "../store/contract.ts";

export interface LoggedChange {
  readonly version: number;
  /** Wall clock, ms since 1970. */
  readonly at: number;
  readonly change: Change;
}

export interface EvictedRecord {
  /** Its place among all that was ever evicted: where the next page begins. */
  readonly position: number;
  /** Which creation of the space it left; null where an older release stored it. */
  readonly creationId: string | null;
  readonly collection: string;
  readonly id: string;
  /** The version that evicted it. */
  readonly version: number;
  readonly at: number;
  readonly record: StateRecord;
}

/** What was changed, as its callers are given it: one entry for each version of a group. */
export async function readLog(store: Store, query: LogQuery): Promise<LoggedChange[]> {
  const rows = await store.readLog(query);
  return rows.flatMap(({ changes, firstVersion, at }) => {
    return changesOfText(changes).changes.map((change, index) => ({ version: firstVersion + index, at, change }));
  });
}

export async function readHistory(store: Store, query: HistoryQuery): Promise<EvictedRecord[]> {
  const rows = await store.readHistory(query);
  return rows.map(({ position, creationId, collection, id, version, at, text }) => {
    return { position, creationId, collection, id, version, at, record: JSON.parse(text) as StateRecord };
  });
}
