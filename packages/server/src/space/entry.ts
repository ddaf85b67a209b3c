import type { RecordHash, StateRecord } from "@neverstale/protocol";

/**
 * A record as the authority keeps it: with the versions that say what of it a cursor at any older position lacks.
 *
 * One entry lives on through removal (it is a tombstone then, `record` null) and through being put again.
 */
export interface Entry {
  readonly collection: string;
  readonly id: string;
  record: StateRecord | null;
  /** Of the record as JSON in UTF-8; 0 when there is none. */
  bytes: number;
  /** The version that last touched it. */
  version: number;
  /** The version at which it last came into being: an older cursor is sent the whole record. */
  created: number;
  /** By field, the version that last set or unset it; null while no field has moved since `created`. */
  stamps: Record<string, number> | null;
  /** How many fields `stamps` names. */
  stampCount: number;
  /** What the digest's sum holds for this entry; null when nothing. */
  summed: RecordHash | null;
  /** Whether `summed` is behind `record`. */
  unsummed: boolean;
  older: Entry | null;
  newer: Entry | null;
}

/** Beyond this many stamped fields the whole record counts as new: records whose keys come and go stay bounded. */
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

/** All entries of a space in the order of the version that last touched them: a diff is a walk from the newest end. */
export class TouchedList {
  newest: Entry | null = null;

  /** Makes the entry the newest; `version` is at least that of every other. */
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
