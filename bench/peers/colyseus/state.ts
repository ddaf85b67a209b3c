/** The state of the Colyseus room is a schema of all fields of a record. */

import { Encoder, schema, t } from "@colyseus/schema";
import { type AnyRecord, type BenchRecord, FIELDS, METRICS, type NestedRecord } from "../../harness/records.ts";

/** This is enough for the full state of 100,000 records. The default is meant for small rooms. */
Encoder.BUFFER_SIZE = 64 * 1024 * 1024;

/**
 * `number` would send a fraction as a 32-bit float where that is within 0.0001 of it. Then 37.4 comes out as 37.40000152587891,
 * and a client that shows another state than the server holds makes a run void.
 */
const FACTS = {
  id: t.string(),
  hostname: t.string(),
  address: t.string(),
  os: t.string(),
  kernel: t.string(),
  role: t.string(),
  checks: t.string(),
} as const;

export const ColyseusHost = schema({ ...FACTS, cpu: t.float64(), memory: t.float64(), seq: t.number() }, "Host");

export const BenchState = schema({ hosts: t.map(ColyseusHost) }, "BenchState");

export const ColyseusMetrics = schema(
  { cpu: t.float64(), memory: t.float64(), load: t.float64(), seq: t.number() },
  "Metrics",
);

export const NestedHost = schema({ ...FACTS, metrics: t.ref(ColyseusMetrics) }, "NestedHost");

export const NestedState = schema({ hosts: t.map(NestedHost) }, "NestedState");

export type HostLike = { readonly [Field in keyof BenchRecord]: BenchRecord[Field] } | NestedLike;
type NestedLike = { readonly [Field in keyof NestedRecord]: NestedRecord[Field] };

export function plainRecord(host: HostLike): AnyRecord {
  const fields = "metrics" in host ? FIELDS.slice(0, -3) : FIELDS;
  const own = fields.map((field) => [field, (host as BenchRecord)[field]]);
  if (!("metrics" in host)) return Object.fromEntries(own);
  const { metrics } = host as NestedLike;
  return Object.fromEntries([...own, ["metrics", Object.fromEntries(METRICS.map((name) => [name, metrics[name]]))]]);
}
