/** A keep index knows which record of a collection leaves next by its `keep` (rule S3). */

import type { Keep, Model, StateRecord } from "@neverstale/protocol";
import type { Space } from "./space.ts";

/**
 * The records that count hang in one list, the one first that was touched first. So each touch, each eviction and each way back
 * costs the same few steps, however many records there are or have been. A `Set` would be walked from its front, over everything
 * that was evicted before.
 */
export class KeepIndex {
  readonly collection: string;
  readonly #keep: Keep;
  readonly #kept = new Map<string, Kept>();
  #oldest: Kept | null = null;
  #newest: Kept | null = null;
  /** It is set when a group was taken back. Then the order is read anew. */
  stale = true;
  /** So often the oldest record was looked for, as one had to leave. */
  lookups = 0;
  /** So many records were looked at for that. */
  steps = 0;

  constructor(collection: string, keep: Keep) {
    this.collection = collection;
    this.#keep = keep;
  }

  /** `touched` gives every record of the collection, with the version that last touched it. */
  rebuild(touched: Iterable<readonly [version: number, record: StateRecord]>): void {
    this.#kept.clear();
    this.#oldest = null;
    this.#newest = null;
    for (const [, record] of [...touched].sort((a, b) => a[0] - b[0])) this.note(record.id, record);
    this.stale = false;
  }

  /** The record has been touched. It is the newest now, or counts no more. */
  note(id: string, record: StateRecord | null): void {
    const before = this.#kept.get(id);
    if (before !== undefined) this.#unlink(before);
    if (record !== null && matches(record, this.#keep)) {
      const kept = before ?? { id, older: null, newer: null };
      if (before === undefined) this.#kept.set(id, kept);
      this.#link(kept, this.#newest);
    } else if (before !== undefined) this.#kept.delete(id);
  }

  /** It also returns how to take that back, once everything that was noted later has been taken back. */
  noteWithWayBack(id: string, record: StateRecord | null): () => void {
    const before = this.#kept.get(id);
    const older = before?.older ?? null;
    this.note(id, record);
    return () => {
      if (this.stale) return;
      const noted = this.#kept.get(id);
      if (noted !== undefined) this.#unlink(noted);
      if (before === undefined) this.#kept.delete(id);
      else {
        this.#kept.set(id, before);
        this.#link(before, older);
      }
    };
  }

  /** It returns the oldest record beyond the limit, or null. */
  overflow(): string | null {
    if (this.#kept.size <= this.#keep.newest) return null;
    this.lookups += 1;
    return this.#first()?.id ?? null;
  }

  #first(): Kept | null {
    this.steps += 1;
    return this.#oldest;
  }

  /** Puts it directly behind `older`. With null it becomes the oldest. */
  #link(kept: Kept, older: Kept | null): void {
    const newer = older === null ? this.#oldest : older.newer;
    kept.older = older;
    kept.newer = newer;
    if (older === null) this.#oldest = kept;
    else older.newer = kept;
    if (newer === null) this.#newest = kept;
    else newer.older = kept;
  }

  #unlink({ older, newer }: Kept): void {
    if (older === null) this.#oldest = newer;
    else older.newer = newer;
    if (newer === null) this.#newest = older;
    else newer.older = older;
  }
}

/** It is a record that counts, between the one that was touched before it and the one that was touched after it. */
interface Kept {
  readonly id: string;
  older: Kept | null;
  newer: Kept | null;
}

const NO_INDEXES: readonly KeepIndex[] = [];

/**
 * The indexes of all spaces are no part of what is committed. They are ahead of it by the group in the making, and only
 * whoever decides reads them.
 */
export class KeepIndexes {
  readonly #ofSpace = new WeakMap<Space, readonly KeepIndex[]>();

  /** It returns one for each collection of the space that keeps only its newest records. */
  of(space: Space): readonly KeepIndex[] {
    const known = this.#ofSpace.get(space);
    if (known !== undefined) return known;
    const indexes = indexesFor(space.model);
    this.#ofSpace.set(space, indexes);
    return indexes;
  }
}

function indexesFor({ collections }: Model): readonly KeepIndex[] {
  const indexes: KeepIndex[] = [];
  for (const name in collections) {
    const keep = collections[name]?.keep ?? null;
    if (keep !== null) indexes.push(new KeepIndex(name, keep));
  }
  return indexes.length === 0 ? NO_INDEXES : indexes;
}

function matches(record: StateRecord, keep: Keep): boolean {
  for (const field in keep.where) {
    const value = record[field];
    if (!keep.where[field]?.some((wanted) => wanted === value)) return false;
  }
  return true;
}
