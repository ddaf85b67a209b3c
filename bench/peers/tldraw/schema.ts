/** The records of the tldraw room have a schema, and are translated to and from those of the bench. */

import { type BaseRecord, createRecordType, type RecordId, StoreSchema } from "@tldraw/store";
import type { BenchRecord } from "../../harness/records.ts";

export interface TldrawHost extends BaseRecord<"host", RecordId<TldrawHost>>, Omit<BenchRecord, "id"> {}

const PREFIX = "host:";

const hostType = createRecordType<TldrawHost>("host", {
  scope: "document",
  validator: { validate: (value) => value as TldrawHost },
});

export const benchSchema = StoreSchema.create<TldrawHost>({ host: hostType });

export function hostId(id: string): RecordId<TldrawHost> {
  return `${PREFIX}${id}` as RecordId<TldrawHost>;
}

export function toHost({ id, ...fields }: BenchRecord): TldrawHost {
  return { ...fields, id: hostId(id), typeName: "host" };
}

export function recordOfHost({ typeName, id, ...fields }: TldrawHost): BenchRecord {
  if (typeName !== "host") throw new Error(`a record of type ${typeName}`);
  return { ...fields, id: id.slice(PREFIX.length) };
}
