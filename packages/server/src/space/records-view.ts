/** The records of a collection are seen as a map: those that are committed, or those that a decision is given. */

import type { StateRecord } from "@neverstale/protocol";
import type { Entry } from "./entry.ts";

/** A committed collection is a map from id to record, over the entries that the authority keeps. */
export class RecordsView implements ReadonlyMap<string, StateRecord> {
  readonly #entries: ReadonlyMap<string, Entry>;

  constructor(entries: ReadonlyMap<string, Entry>) {
    this.#entries = entries;
    Object.freeze(this);
  }

  get size(): number {
    return this.#entries.size;
  }

  get(id: string): StateRecord | undefined {
    return this.#entries.get(id)?.record ?? undefined;
  }

  has(id: string): boolean {
    return this.#entries.has(id);
  }

  keys(): MapIterator<string> {
    return this.#entries.keys();
  }

  *values(): MapIterator<StateRecord> {
    for (const entry of this.#entries.values()) yield entry.record as StateRecord;
  }

  *entries(): MapIterator<[string, StateRecord]> {
    for (const [id, entry] of this.#entries) yield [id, entry.record as StateRecord];
  }

  [Symbol.iterator](): MapIterator<[string, StateRecord]> {
    return this.entries();
  }

  forEach(visit: (record: StateRecord, id: string, map: ReadonlyMap<string, StateRecord>) => void): void {
    for (const [id, record] of this) visit(record, id, this);
  }
}

/** It says what a group has done to one record so far. The committed entry is untouched until the commit. */
export interface DraftRecord {
  readonly collection: string;
  readonly id: string;
  /** This is committed under the id. Null means that nothing is. */
  readonly entry: Entry | null;
  record: StateRecord | null;
  /** The record has so many bytes. It is 0 when there is none. */
  bytes: number;
  version: number;
  /** At this version of the group it came into being. It is 0 when it was there before. */
  created: number;
  /** These fields were set or unset in this group since then. */
  fields: string[];
  /** It says for each of `fields` at which version that was. */
  versions: number[];
  /** A function gives the record these keys. It is null where none does, and where the group has not moved the record so far. */
  keys: readonly string[] | null;
}

/** A decision sees a collection as the group has made it so far, over what is committed. */
export class DraftView implements ReadonlyMap<string, StateRecord> {
  readonly #committed: ReadonlyMap<string, StateRecord>;
  readonly #drafts: ReadonlyMap<string, DraftRecord>;

  constructor(committed: ReadonlyMap<string, StateRecord>, drafts: ReadonlyMap<string, DraftRecord>) {
    this.#committed = committed;
    this.#drafts = drafts;
    Object.freeze(this);
  }

  get size(): number {
    let size = this.#committed.size;
    for (const draft of this.#drafts.values()) {
      size += Number(draft.record !== null) - Number(draft.entry !== null);
    }
    return size;
  }

  get(id: string): StateRecord | undefined {
    const draft = this.#drafts.get(id);
    return draft === undefined ? this.#committed.get(id) : (draft.record ?? undefined);
  }

  has(id: string): boolean {
    return this.get(id) !== undefined;
  }

  *entries(): MapIterator<[string, StateRecord]> {
    for (const [id, record] of this.#committed) {
      const draft = this.#drafts.get(id);
      if (draft === undefined) yield [id, record];
      else if (draft.record !== null) yield [id, draft.record];
    }
    for (const [id, draft] of this.#drafts) {
      if (draft.entry === null && draft.record !== null) yield [id, draft.record];
    }
  }

  *keys(): MapIterator<string> {
    for (const [id] of this.entries()) yield id;
  }

  *values(): MapIterator<StateRecord> {
    for (const [, record] of this.entries()) yield record;
  }

  [Symbol.iterator](): MapIterator<[string, StateRecord]> {
    return this.entries();
  }

  forEach(visit: (record: StateRecord, id: string, map: ReadonlyMap<string, StateRecord>) => void): void {
    for (const [id, record] of this) visit(record, id, this);
  }
}
