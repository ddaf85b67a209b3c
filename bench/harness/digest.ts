/** The final states of all contenders are compared by one digest. */

import { createHash } from "node:crypto";
import { type AnyRecord, FIELDS, METRICS } from "./records.ts";

/**
 * The digest is SHA-256 over the records in the order of their ids, each as JSON with its fields in a fixed order. A field too
 * many, a missing field or a field of another type gives another digest.
 */
export function digestOfRecords(records: Iterable<AnyRecord>): string {
  const hash = createHash("sha256");
  const sorted = [...records].sort((a, b) => (a.id < b.id ? -1 : 1));
  for (const record of sorted) hash.update(canonical(record));
  return hash.digest("hex").slice(0, 32);
}

function canonical(record: AnyRecord): string {
  const flat: Readonly<Record<string, unknown>> = { ...record };
  const known = FIELDS.map((field) => flat[field] ?? null);
  const surplus = Object.keys(flat).filter((key) => key !== "metrics" && !FIELDS.some((field) => field === key));
  const within = "metrics" in record ? canonicalMetrics({ ...record.metrics }) : [];
  return `${JSON.stringify([known, surplus.sort(), ...within])}\n`;
}

function canonicalMetrics(metrics: Readonly<Record<string, unknown>>): unknown[] {
  const surplus = Object.keys(metrics).filter((key) => !METRICS.some((name) => name === key));
  return [METRICS.map((name) => metrics[name] ?? null), surplus.sort()];
}
