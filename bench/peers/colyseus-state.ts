import { Encoder, schema, t } from "@colyseus/schema";
import { type BenchRecord, FIELDS } from "../harness/records.ts";

/** Room for the full state of 100,000 records; the default is meant for small rooms. */
Encoder.BUFFER_SIZE = 64 * 1024 * 1024;

export const Host = schema(
  {
    id: t.string(),
    hostname: t.string(),
    address: t.string(),
    os: t.string(),
    kernel: t.string(),
    role: t.string(),
    note: t.string(),
    cpu: t.number(),
    memory: t.number(),
    seq: t.number(),
  },
  "Host",
);

export const BenchState = schema({ hosts: t.map(Host) }, "BenchState");

export type HostLike = { readonly [Field in keyof BenchRecord]: BenchRecord[Field] };

/**
 * A fraction travels as 32-bit float where that is within 0.0001 of it, so it comes out as 37.40000152587891: rounded back
 * to the one digit that a metric has.
 */
export function plainRecord(host: HostLike): BenchRecord {
  const record = Object.fromEntries(FIELDS.map((field) => [field, host[field]])) as unknown as BenchRecord;
  return { ...record, cpu: oneDigit(record.cpu), memory: oneDigit(record.memory) };
}

function oneDigit(value: number): number {
  return Math.round(value * 10) / 10;
}
