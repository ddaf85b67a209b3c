/** Lists of records are put in order, looked through and compared in the same way on every screen. */

import { folded } from "@neverstale/fleet-domain/schema-free";

/** Records of one moment are in the order of their ids, so that the order is always the same. */
export function newestCreatedFirst<R extends { readonly id: string; readonly createdAt: string }>(
  records: readonly R[],
): readonly R[] {
  return records.toSorted((a, b) => compare(b.createdAt, a.createdAt) || compare(b.id, a.id));
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** It is true when all words of the filter occur somewhere in the texts. */
export function containsWords(texts: readonly string[], filter: string): boolean {
  const whole = folded(texts.join("\n"));
  return folded(filter)
    .split(/\s+/)
    .every((word) => whole.includes(word));
}

/** This compares what a selector gives where that is a list of ids, however long. */
export function sameIds(a: readonly string[], b: readonly string[]): boolean {
  return sameRecords(a, b);
}

/** A record that did not change is the same object as before. */
export function sameRecords<R>(a: readonly R[], b: readonly R[]): boolean {
  return a.length === b.length && a.every((record, index) => record === b[index]);
}
