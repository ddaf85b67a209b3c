/** An entry is a record as the authority keeps it: with the versions that say what of it a cursor at any older position lacks. */

import type { RecordHash, StateRecord } from "@neverstale/protocol";
import type { Visibility } from "./views/visibility.ts";

/** One entry lives on when its record is removed (it is a tombstone then, and `record` is null), and when it is put again. */
export interface Entry {
  readonly collection: string;
  readonly id: string;
  record: StateRecord | null;
  /** The record has so many bytes as JSON in UTF-8. It is 0 when there is none. */
  bytes: number;
  /** This version touched it last. */
  version: number;
  /** At this version it last came into being. An older cursor is sent the whole record. */
  created: number;
  /** It names for each field the version that last set or unset it. It is null while no field has moved since `created`. */
  stamps: Record<string, number> | null;
  /** `stamps` names so many fields. */
  stampCount: number;
  /** The digest's sum holds this hash for the entry. Null means that it holds none. */
  summed: RecordHash | null;
  /** `summed` is behind `record`. */
  unsummed: boolean;
  /** It says who may see the record, and could. It is null where the model has no views. */
  shown: Visibility | null;
  older: Entry | null;
  newer: Entry | null;
}

/** Beyond so many stamped fields the whole record counts as new, so that records whose keys come and go stay bounded. */
export const MAX_STAMPS = 64;

export function newEntry(collection: string, id: string): Entry {
  return {
    collection,
    id,
    record: null,
    bytes: 0,
    version: 0,
    created: 0,
    stamps: null,
    stampCount: 0,
    summed: null,
    unsummed: false,
    shown: null,
    older: null,
    newer: null,
  };
}

export function stampField(entry: Entry, field: string, version: number): void {
  entry.stamps ??= {};
  if (entry.stamps[field] === undefined) entry.stampCount += 1;
  entry.stamps[field] = version;
}

export function startAnew(entry: Entry, version: number): void {
  entry.created = version;
  entry.stamps = null;
  entry.stampCount = 0;
}

/**
 * It holds all entries of a space in the order of the version that last touched them, so that a diff is a walk from the newest
 * end.
 */
export class TouchedList {
  newest: Entry | null = null;

  /** Makes the entry the newest. `version` is at least that of every other. */
  touch(entry: Entry, version: number): void {
    entry.version = version;
    if (this.newest === entry) return;
    this.unlink(entry);
    entry.older = this.newest;
    if (this.newest !== null) this.newest.newer = entry;
    this.newest = entry;
  }

  unlink(entry: Entry): void {
    if (entry.older !== null) entry.older.newer = entry.newer;
    if (entry.newer !== null) entry.newer.older = entry.older;
    else if (this.newest === entry) this.newest = entry.older;
    entry.older = null;
    entry.newer = null;
  }
}
