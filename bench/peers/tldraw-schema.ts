import { type BaseRecord, createRecordType, type RecordId, StoreSchema } from "@tldraw/store";
import type { BenchRecord } from "../harness/records.ts";

export interface Host extends BaseRecord<"host", RecordId<Host>>, Omit<BenchRecord, "id"> {}

const PREFIX = "host:";

const hostType = createRecordType<Host>("host", {
  scope: "document",
  validator: { validate: (value) => value as Host },
});

export const benchSchema = StoreSchema.create<Host>({ host: hostType });

export function hostId(id: string): RecordId<Host> {
  return `${PREFIX}${id}` as RecordId<Host>;
}

export function toHost({ id, ...fields }: BenchRecord): Host {
  return { ...fields, id: hostId(id), typeName: "host" };
}

export function toRecord({ typeName, id, ...fields }: Host): BenchRecord {
  if (typeName !== "host") throw new Error(`a record of type ${typeName}`);
  return { ...fields, id: id.slice(PREFIX.length) };
}
