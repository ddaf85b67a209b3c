/** These readers check what a message carries: a diff, a state or a change. Nothing in it can reach a prototype (rule S4). */

import type { CollectionDiff, Diff } from "../diff/diff.ts";
import type { WireState } from "../json/json.ts";
import { isSafeId, isSafeJson, isSafeKey } from "../json/safety.ts";
import type { Change } from "../model/change.ts";
import { bad, isObject, quote, readSafeText, readString, unsafe } from "./members.ts";

export function readDiff(payload: unknown): Diff {
  if (!isObject(payload)) throw bad("a delta's `payload` is not an object");
  for (const collection in payload) {
    if (!isSafeId(collection)) throw unsafe(collection);
    requireCollectionDiff(payload[collection]);
  }
  return payload as Diff;
}

function requireCollectionDiff(moved: unknown): void {
  if (!isObject(moved)) throw bad("what moved in a collection is not an object");
  for (const kind in moved) {
    switch (kind as keyof CollectionDiff) {
      case "set":
        requireSet(moved.set);
        break;
      case "unset":
        requireUnset(moved.unset);
        break;
      case "put":
        requireRecords(moved.put);
        break;
      case "remove":
        requireIds(moved.remove);
        break;
      default:
        throw bad(`a diff has no ${quote(kind)}`);
    }
  }
}

function requireSet(set: unknown): void {
  if (!isObject(set)) throw bad("`set` is not an object");
  for (const id in set) {
    if (!isSafeId(id)) throw unsafe(id);
    const fields = set[id];
    if (!isObject(fields)) throw bad("the fields in a `set` are not an object");
    for (const field in fields) {
      if (!isSafeKey(field) || field === "id") throw unsafe(field);
      requireValue(fields[field]);
    }
  }
}

function requireUnset(unset: unknown): void {
  if (!isObject(unset)) throw bad("`unset` is not an object");
  for (const id in unset) {
    if (!isSafeId(id)) throw unsafe(id);
    const fields = unset[id];
    if (!Array.isArray(fields)) throw bad("the fields in an `unset` are not a list");
    for (const field of fields) {
      if (typeof field !== "string" || !isSafeKey(field) || field === "id") throw unsafe(field);
    }
  }
}

function requireIds(ids: unknown): void {
  if (!Array.isArray(ids)) throw bad("`remove` is not a list");
  for (const id of ids) if (!isSafeId(id)) throw unsafe(id);
}

function requireRecords(records: unknown): void {
  if (!Array.isArray(records)) throw bad("the records of a collection are not a list");
  for (const record of records) {
    if (!isObject(record)) throw bad("a record is not an object");
    if (!isSafeId(record.id)) throw unsafe(record.id);
    for (const field in record) {
      if (!isSafeKey(field)) throw unsafe(field);
      requireValue(record[field]);
    }
  }
}

/** The value of a record's field is never null (rule S1), and holds nothing that rule S4 refuses. */
function requireValue(value: unknown): void {
  if (value === null) throw bad("a record's field is null");
  if (!isSafeJson(value, 1)) throw bad("a value holds a key, a string or a depth that is not allowed");
}

export function readState(payload: unknown): WireState {
  if (!isObject(payload)) throw bad("the state is not an object");
  for (const collection in payload) {
    if (!isSafeId(collection)) throw unsafe(collection);
    requireRecords(payload[collection]);
  }
  return payload as WireState;
}

export function readChange(change: unknown): Change {
  if (!isObject(change)) throw bad("a change is not an object");
  readSafeText(change, "type");
  readString(change, "target");
  if (!isObject(change.data) || !isSafeJson(change.data, 0)) throw bad("a change's `data` is not an allowed object");
  return change as unknown as Change;
}
