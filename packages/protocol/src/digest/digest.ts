/** Hashes of records add up to the digest of a state (rule G1). */

import { canonicalJson } from "../json/canonical-json.ts";
import type { AnyState, StateRecord } from "../json/json.ts";
import { xxh32 } from "./xxh32.ts";

/** The hash of a record, or a sum of such hashes, has two lanes of 32 bits. Each lane is a uint32. */
export interface RecordHash {
  readonly a: number;
  readonly b: number;
}

export const ZERO_HASH: RecordHash = { a: 0, b: 0 };

const encoder = new TextEncoder();
let bytes = new Uint8Array(4096);
let view = new DataView(bytes.buffer);

/**
 * It computes XXH32 with seed 0 and with seed 1 over `collection NUL id NUL canonical JSON`. It throws `invalid_change` when
 * the record has no canonical form.
 */
export function recordHash(collection: string, id: string, record: StateRecord): RecordHash {
  const text = `${collection}\0${id}\0${canonicalJson(record)}`;
  if (text.length * 3 > bytes.length) reserve(text.length * 3);
  const length = encoder.encodeInto(text, bytes).written;
  return { a: xxh32(view, length, 0), b: xxh32(view, length, 1) };
}

/** A UTF-16 code unit takes at most three bytes of UTF-8. */
function reserve(size: number): void {
  bytes = new Uint8Array(size);
  view = new DataView(bytes.buffer);
}

export function addHash(sum: RecordHash, hash: RecordHash): RecordHash {
  return { a: (sum.a + hash.a) >>> 0, b: (sum.b + hash.b) >>> 0 };
}

export function subtractHash(sum: RecordHash, hash: RecordHash): RecordHash {
  return { a: (sum.a - hash.a) >>> 0, b: (sum.b - hash.b) >>> 0 };
}

/** The digest is written as 16 hex digits, lane 0 first. */
export function formatDigest(sum: RecordHash): string {
  return hex(sum.a) + hex(sum.b);
}

function hex(lane: number): string {
  return lane.toString(16).padStart(8, "0");
}

/** It computes the digest of a whole state from scratch. */
export function digestOf(state: AnyState): string {
  let sum = ZERO_HASH;
  for (const collection of Object.keys(state)) {
    for (const [id, record] of state[collection] as ReadonlyMap<string, StateRecord>) {
      sum = addHash(sum, recordHash(collection, id, record));
    }
  }
  return formatDigest(sum);
}
