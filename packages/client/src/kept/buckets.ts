/** The records of a replica are kept in buckets, so that a record that moved does not rewrite all the others. */

import type { AnyState, StateRecord } from "@neverstale/protocol";
import type { MovedRecords } from "../records/replica-records.ts";

/** Browsers read few large rows several times faster than many small ones. A bucket that is empty is not stored. */
export const BUCKETS = 16;

/** Where a record lies goes by its collection and its id alone (FNV-1a). */
export function bucketOf(collection: string, id: string): number {
  let hash = 0x811c9dc5;
  for (const text of [collection, id]) {
    for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
    hash = Math.imul(hash ^ 0xffff, 0x01000193); // Nothing that ends one text begins the other.
  }
  return (hash ^ (hash >>> 16)) & (BUCKETS - 1);
}

/** Adds the buckets of the records that moved. */
export function addBuckets(to: Set<number>, moved: MovedRecords): void {
  for (const [collection, ids] of moved) {
    if (to.size === BUCKETS) return;
    for (const id of ids) to.add(bucketOf(collection, id));
  }
}

export function allBuckets(): Set<number> {
  return new Set(Array.from({ length: BUCKETS }, (_, bucket) => bucket));
}

/** Returns the text of each of these buckets. Null: it is empty. */
export function bucketTexts(state: AnyState, buckets: ReadonlySet<number>): Map<number, string | null> {
  const filled = new Map<number, Record<string, StateRecord[]>>();
  for (const collection in state) {
    for (const [id, record] of state[collection] ?? []) {
      const bucket = bucketOf(collection, id);
      if (buckets.has(bucket)) addRecord(filled, bucket, collection, record);
    }
  }
  const textOf = (bucket: number) => (filled.has(bucket) ? JSON.stringify(filled.get(bucket)) : null);
  return new Map([...buckets].map((bucket) => [bucket, textOf(bucket)]));
}

function addRecord(
  filled: Map<number, Record<string, StateRecord[]>>,
  bucket: number,
  collection: string,
  record: StateRecord,
): void {
  let records = filled.get(bucket);
  if (records === undefined) {
    records = Object.create(null) as Record<string, StateRecord[]>;
    filled.set(bucket, records);
  }
  records[collection] ??= [];
  records[collection].push(record);
}

/** Returns the state that these texts hold. It throws where one of them is no object of lists; what the lists hold is not judged. */
export function stateOf(texts: Iterable<string>): Record<string, unknown[]> {
  const state: Record<string, unknown[]> = Object.create(null);
  for (const text of texts) {
    const records: unknown = JSON.parse(text);
    if (typeof records !== "object" || records === null) throw new TypeError("what was kept is no state");
    for (const [collection, list] of Object.entries(records)) {
      if (!Array.isArray(list)) throw new TypeError("what was kept of a collection is no list");
      state[collection] ??= [];
      for (const record of list) state[collection].push(record);
    }
  }
  return state;
}
