import fc from "fast-check";
import type { JsonObject, JsonValue, StateRecord } from "./json/json.ts";
import type { Change } from "./model/change.ts";
import { collection, defineModel, patch, put, remove } from "./model/model.ts";

/** There are few ids and fields, so that changes meet. Some are named like members of `Object.prototype`, which is allowed. */
const anyId = fc.constantFrom("web-1", "web-2", "db 1", "7", "toString", "valueOf", "é");
const anyField = fc.constantFrom("status", "cpu", "os", "10", "9", "toString", "hasOwnProperty", "");

const anyText = fc.oneof(fc.string({ unit: "grapheme" }), fc.constantFrom("", '"\\\n\u0000\u001f', "😀", "\u2028"));
/** There is no -0 among them, as JSON writes it as 0. */
const anyNumber = fc.oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true })).map((value) => value + 0);
const anyScalar: fc.Arbitrary<JsonValue> = fc.oneof(anyText, anyNumber, fc.boolean());

const values = fc.letrec<{ plain: JsonValue; nullable: JsonValue }>((tie) => ({
  plain: fc.oneof(
    { maxDepth: 3 },
    anyScalar,
    fc.array(tie("nullable"), { maxLength: 3 }),
    fc.dictionary(anyField, tie("plain"), { maxKeys: 3 }),
  ),
  nullable: fc.oneof(
    { maxDepth: 3 },
    anyScalar,
    fc.constant(null),
    fc.array(tie("nullable"), { maxLength: 3 }),
    fc.dictionary(anyField, tie("nullable"), { maxKeys: 3 }),
  ),
}));

/** A stored record may hold such a value: it has no null members outside arrays. */
const anyStoredValue = values.plain;
/** A merge patch may hold such a value. It has null members at every depth, because a null there removes a member. */
export const anyValue = values.nullable;

export const anyStoredObject: fc.Arbitrary<JsonObject> = fc.dictionary(anyField, anyStoredValue, { maxKeys: 5 });
export const anyPatch: fc.Arbitrary<JsonObject> = fc.dictionary(anyField, anyValue, { maxKeys: 4 });

export function anyRecord(id: string): fc.Arbitrary<StateRecord> {
  return anyStoredObject.map((fields) => ({ ...fields, id }));
}

const anyRecords = fc.uniqueArray(anyId, { maxLength: 5 }).chain((ids) => fc.tuple(...ids.map(anyRecord)));

function asMap(records: readonly StateRecord[]): Map<string, StateRecord> {
  return new Map(records.map((record) => [record.id, record]));
}

/** This state has two collections. One is named like a member of `Object.prototype`. */
export const anyState = fc
  .record({ hosts: anyRecords, toString: anyRecords })
  .map((lists) => ({ hosts: asMap(lists.hosts), toString: asMap(lists.toString) }));

export const testModel = defineModel({
  model: 1,
  collections: { hosts: collection() },
  changes: { host_added: put("hosts"), host_updated: patch("hosts"), host_removed: remove("hosts") },
});

/** This is any change of `testModel`. Its id is in `target`, in `data.id`, or in both. */
export const anyChange: fc.Arbitrary<Change> = fc
  .record({
    type: fc.constantFrom("host_added", "host_updated", "host_removed"),
    id: anyId,
    inData: fc.boolean(),
    inTarget: fc.boolean(),
    data: anyPatch,
  })
  .map(({ type, id, inData, inTarget, data }) => ({
    type,
    target: inTarget || !inData ? id : "",
    data: inData ? { ...data, id } : data,
  }));
