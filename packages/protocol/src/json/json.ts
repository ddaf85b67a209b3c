/** These are the types of JSON values, objects, records and states, and the comparison of two values. */

/** This is a JSON value as RFC 8259 has it. Numbers are finite, and strings are well-formed (rule S4). */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;

export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** A record of the state always carries its `id`. No member of it is null: absent and null mean the same (rule S1). */
export interface StateRecord extends JsonObject {
  readonly id: string;
}

/** This is a JSON value of the type `T` that is read and never altered, at whatever depth. */
export type ReadonlyJson<T> = unknown extends T
  ? T
  : AnyJson extends T
    ? JsonValue
    : T extends object
      ? { readonly [Member in keyof T]: ReadonlyJson<T[Member]> }
      : T;

/** Every type that stands for any JSON at all takes this one. */
type AnyJson = string | number | boolean | null | never[] | Record<string, never>;

/** Code sees the state as a map from id to record for each collection. */
export type AnyState = Readonly<Record<string, ReadonlyMap<string, StateRecord>>>;

/** A state travels as a list of records for each collection. The order of the list has no meaning. */
export type WireState = Readonly<Record<string, readonly StateRecord[]>>;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** It compares two JSON values. The order of the keys of an object does not count. */
export function sameJson(a: JsonValue | undefined, b: JsonValue | undefined): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) || Array.isArray(b)) return Array.isArray(a) && Array.isArray(b) && sameList(a, b);
  return sameObject(a as JsonObject, b as JsonObject);
}

function sameList(a: readonly JsonValue[], b: readonly JsonValue[]): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index += 1) if (!sameJson(a[index], b[index])) return false;
  return true;
}

function sameObject(a: JsonObject, b: JsonObject): boolean {
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  for (const key of keys) if (!Object.hasOwn(b, key) || !sameJson(a[key], b[key])) return false;
  return true;
}
