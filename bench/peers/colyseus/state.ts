/** The state of the Colyseus room is a schema of all fields of a record. */

import { Encoder, schema, t } from "@colyseus/schema";
import { type BenchRecord, FIELDS } from "../../harness/records.ts";

/** This is enough for the full state of 100,000 records. The default is meant for small rooms. */
Encoder.BUFFER_SIZE = 64 * 1024 * 1024;

/**
 * `number` would send a fraction as a 32-bit float where that is within 0.0001 of it. Then 37.4 comes out as 37.40000152587891,
 * and a client that shows another state than the server holds makes a run void.
 */
export const ColyseusHost = schema(
  {
    id: t.string(),
    hostname: t.string(),
    address: t.string(),
    os: t.string(),
    kernel: t.string(),
    role: t.string(),
    checks: t.string(),
    cpu: t.float64(),
    memory: t.float64(),
    seq: t.number(),
  },
  "Host",
);

export const BenchState = schema({ hosts: t.map(ColyseusHost) }, "BenchState");

export type HostLike = { readonly [Field in keyof BenchRecord]: BenchRecord[Field] };

export function plainRecord(host: HostLike): BenchRecord {
  return Object.fromEntries(FIELDS.map((field) => [field, host[field]])) as unknown as BenchRecord;
}
