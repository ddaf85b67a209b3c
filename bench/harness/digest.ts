/** The final states of all contenders are compared by one digest. */

import { createHash } from "node:crypto";
import { type BenchRecord, FIELDS } from "./records.ts";

/**
 * The digest is SHA-256 over the records in the order of their ids, each as JSON with its fields in a fixed order. A field too
 * many, a missing field or a field of another type gives another digest.
 */
export function digestOfRecords(records: Iterable<BenchRecord>): string {
  const hash = createHash("sha256");
  const sorted = [...records].sort((a, b) => (a.id < b.id ? -1 : 1));
  for (const record of sorted) hash.update(canonical(record));
  return hash.digest("hex").slice(0, 32);
}

function canonical(record: BenchRecord): string {
  const known = FIELDS.map((field) => record[field] ?? null);
  const surplus = Object.keys(record).filter((key) => !FIELDS.some((field) => field === key));
  return `${JSON.stringify([known, surplus.sort()])}\n`;
}
