/** These readers check what a message carries: a diff, a state or a change. Nothing in it can reach a prototype (rule S4). */

import type { CollectionDiff, Diff } from "../diff/diff.ts";
import type { WireState } from "../json/json.ts";
import { isSafeId, isSafeJson, isSafeKey } from "../json/safety.ts";
import type { Change } from "../model/change.ts";
import { bad, type Loose, listOf, objectOf, quote, readSafeText, readString, unsafe } from "./members.ts";

export function readDiff(payload: unknown): Diff {
  requireEach(payload, "a diff", requireCollectionDiff);
  return payload as Diff;
}

function requireCollectionDiff(moved: unknown): void {
  const parts = objectOf(moved, "what moved");
  for (const kind in parts) {
    if (!Object.hasOwn(KINDS, kind)) throw bad(`a diff has no ${quote(kind)}`);
    KINDS[kind as keyof CollectionDiff](parts[kind]);
  }
}

const KINDS: Readonly<Record<keyof CollectionDiff, (part: unknown) => void>> = {
  set: (set) => requireEach(set, "`set`", (fields) => requireFields(objectOf(fields, "what is set"), requireField)),
  unset: (unset) => requireEach(unset, "`unset`", (fields) => listOf(fields, "what is unset").forEach(requireField)),
  put: requireRecords,
  remove: (ids) => listOf(ids, "`remove`").forEach(requireId),
};

/** The object has ids as its keys. */
function requireEach(value: unknown, what: string, require: (member: unknown) => void): void {
  const object = objectOf(value, what);
  for (const id in object) {
    requireId(id);
    require(object[id]);
  }
}

function requireRecords(records: unknown): void {
  for (const record of listOf(records, "a collection")) {
    const fields = objectOf(record, "a record");
    requireId(fields.id);
    requireFields(fields, requireKey);
  }
}

function requireFields(fields: Loose, requireName: (name: string) => void): void {
  for (const name in fields) {
    requireName(name);
    requireValue(fields[name]);
  }
}

function requireId(id: unknown): void {
  if (!isSafeId(id)) throw unsafe(id);
}

function requireKey(key: unknown): void {
  if (typeof key !== "string" || !isSafeKey(key)) throw unsafe(key);
}

/** No field can be set that is the record's id. */
function requireField(name: unknown): void {
  requireKey(name);
  if (name === "id") throw unsafe(name);
}

/** The value of a record's field is never null (rule S1), and holds nothing that rule S4 refuses. */
function requireValue(value: unknown): void {
  if (value === null || !isSafeJson(value, 1)) throw bad("a field holds what is not allowed");
}

export function readState(payload: unknown): WireState {
  requireEach(payload, "the state", requireRecords);
  return payload as WireState;
}

export function readChange(change: unknown): Change {
  const { data } = objectOf(change, "a change");
  readSafeText(change as Loose, "type");
  readString(change as Loose, "target");
  if (!isSafeJson(objectOf(data, "`data`"), 0)) throw bad("`data` holds what is not allowed");
  return change as unknown as Change;
}
