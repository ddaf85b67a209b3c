/** The past is read here: the changes that were made, and the records that were evicted. */

import type { Change, StateRecord } from "@neverstale/protocol";
import { changesOfText } from "../store/change-text.ts";
import type { HistoryQuery, LogQuery, Store } from "../store/contract.ts";

/** It returns one entry for each version of a group. */
export async function readLog(store: Store, query: LogQuery): Promise<LoggedChange[]> {
  const rows = await store.readLog(query);
  return rows.flatMap(({ changes, firstVersion, at }) => {
    return changesOfText(changes).changes.map((change, index) => ({ version: firstVersion + index, at, change }));
  });
}

export interface LoggedChange {
  readonly version: number;
  /** The wall clock said so, in milliseconds since 1970. */
  readonly at: number;
  readonly change: Change;
}

export interface EvictedRecord {
  /** Its place among all that was ever evicted. The next page begins behind it. */
  readonly position: number;
  /** The creation of the space that it left. Null means that an older release stored it. */
  readonly creationId: string | null;
  readonly collection: string;
  readonly id: string;
  /** This version evicted it. */
  readonly version: number;
  readonly at: number;
  readonly record: StateRecord;
}

export async function readHistory(store: Store, query: HistoryQuery): Promise<EvictedRecord[]> {
  const rows = await store.readHistory(query);
  return rows.map(({ position, creationId, collection, id, version, at, text }) => {
    return { position, creationId, collection, id, version, at, record: JSON.parse(text) as StateRecord };
  });
}
