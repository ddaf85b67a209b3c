/** The plain profile is followed by three change types, as thirty lines in any language would do it (rule S1). */

import {
  type Change,
  type JsonObject,
  type JsonValue,
  type MutableState,
  mergePatch,
  type StateRecord,
} from "@neverstale/protocol";

/** Scenarios change this collection, by the three change types that they use. */
export const COLLECTION = "hosts";

/** It applies a change that the plain profile was sent. Other change types are not known here. */
export function applyKnownChange(state: MutableState, { type, target, data }: Change): void {
  const id = String(data.id ?? target);
  state[COLLECTION] ??= new Map();
  const records = state[COLLECTION];
  const before = records.get(id);
  if (type === "host_added") records.set(id, { ...data, id } as StateRecord);
  if (type === "host_updated" && before !== undefined) records.set(id, patched(before, data, id));
  if (type === "host_removed") records.delete(id);
}

function patched(before: JsonObject, patch: JsonValue, id: string): StateRecord {
  return { ...(mergePatch(before, patch) as JsonObject), id };
}
