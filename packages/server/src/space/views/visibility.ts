/** Beside each record stands who could see it at which version: its key sets, newest first (rule V6). */

import type { RecordHash, StateRecord } from "@neverstale/protocol";
import type { KeySet } from "./key-sets.ts";

/** It lives as long as its entry does, through removal and return. */
export class Visibility {
  /** Null stands for no keys, as a record has that was removed. */
  set: KeySet | null = null;
  /** It has held from this version on. */
  since = 0;
  /** These held before, the newest of them first. */
  former: readonly FormerSet[] = NONE;
  /** It names for each field that some role lists the version that last moved it. It is null while none has moved. */
  fields: Record<string, number> | null = null;
  /** At this version one of those moved last. */
  fieldsAt = 0;
  /** At this version the record itself last moved, whoever could see it. */
  movedAt = 0;
  /** The sums of this set hold its hashes. */
  summedIn: KeySet | null = null;
  /** These hashes are of this record, which may have moved on. */
  summedRecord: StateRecord | null = null;
  summedHash: RecordHash | null = null;

  fieldMoved(field: string, version: number): void {
    this.fields ??= {};
    this.fields[field] = version;
    this.fieldsAt = version;
  }

  /**
   * The store has a key row up to a version, and needs no other one for a record that stands at this one: all that is new is that the
   * record itself has moved, which its own row says.
   */
  isStored(upTo: number, version: number): boolean {
    return this.since <= upTo && this.fieldsAt <= upTo && this.movedAt === version;
  }

  /** It returns the set that held at a version. Null stands also for what is not remembered: there the floors say no (rule V7). */
  setAt(version: number): KeySet | null {
    if (version >= this.since) return this.set;
    for (const { set, since } of this.former) if (version >= since) return set;
    return null;
  }

  /** From `version` on it has another set. It returns the set that is forgotten by that, and until when that one held. */
  move(set: KeySet | null, version: number): DroppedSet | null {
    // Before its first set a record was not there: that needs no memory.
    const isFirst = this.set === null && this.former.length === 0;
    const kept = isFirst ? [] : [{ set: this.set, since: this.since }, ...this.former];
    const dropped = kept.length > MAX_FORMER ? kept.pop() : undefined;
    this.former = kept;
    this.set = set;
    this.since = version;
    if (dropped === undefined || dropped.set === null) return null;
    return { set: dropped.set, until: (kept.at(-1) as FormerSet).since };
  }
}

export interface FormerSet {
  readonly set: KeySet | null;
  readonly since: number;
}

export interface DroppedSet {
  readonly set: KeySet;
  readonly until: number;
}

const NONE: readonly FormerSet[] = Object.freeze([]);
/** With today's set there are eight. */
const MAX_FORMER = 7;
