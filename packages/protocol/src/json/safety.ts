/** Rule S4 refuses some ids, keys and values: these functions find them, and say why. */

import { SyncError } from "../errors.ts";
import type { JsonObject } from "./json.ts";

/** Deeper values are refused. No screen shows them, and a recursive reader could be exhausted by them. */
export const MAX_DEPTH = 32;
/** A value may hold so many values, each counted as often as it is met. A larger one is refused at the door. */
export const MAX_VALUES = 1024 * 1024;
/** A text counts as one value more for each piece of so many UTF-16 code units. */
export const TEXT_OF_A_VALUE = 64;
/** This is counted in UTF-16 code units. */
export const MAX_ID_LENGTH = 512;

/** It refuses what may never be an id or a key, at either end (rule S4). */
export function isSafeKey(key: string): boolean {
  if (key.length === 9 || key.length === 11) {
    if (key === "__proto__" || key === "constructor" || key === "prototype") return false;
  }
  return key.isWellFormed();
}

export function isSafeId(id: unknown): id is string {
  return typeof id === "string" && id.length > 0 && id.length <= MAX_ID_LENGTH && isSafeKey(id) && !id.includes("\0");
}

/**
 * It checks rule S4 for a value that stands `depth` levels below its record: safe keys, well-formed strings, finite numbers,
 * nothing that JSON can't carry, and at most `MAX_DEPTH` levels. A member that is undefined counts as absent.
 */
export function isSafeJson(value: unknown, depth = 0): boolean {
  if (typeof value !== "object") return isSafeScalar(value);
  if (value === null) return true;
  if (depth > MAX_DEPTH) return false;
  return Array.isArray(value) ? isSafeList(value, depth + 1) : isSafeObject(value as JsonObject, depth + 1);
}

/** It checks a value that is neither an object nor null. */
export function isSafeScalar(value: unknown): boolean {
  if (typeof value === "string") return value.isWellFormed();
  if (typeof value === "number") return Number.isFinite(value);
  return typeof value === "boolean";
}

function isSafeList(items: readonly unknown[], depth: number): boolean {
  for (let index = 0; index < items.length; index++) if (!isSafeJson(items[index], depth)) return false;
  return true;
}

function isSafeObject(object: JsonObject, depth: number): boolean {
  if (!isPlain(object)) return false;
  for (const key in object) {
    const member = object[key];
    if (member !== undefined && (!isSafeKey(key) || !isSafeJson(member, depth))) return false;
  }
  return true;
}

/** A Date, a Map or an instance of a class is not plain: it would come out of the log as something else. Any realm will do. */
export function isPlain(object: object): boolean {
  const prototype = Object.getPrototypeOf(object);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/**
 * It returns the error that names what rule S4 refuses in a value, and where. It is slow, and runs only on the way to an error.
 */
export function refusal(value: unknown, path: string, depth = 0): SyncError {
  if (typeof value === "string") return refused(path, "holds half of a surrogate pair");
  if (typeof value === "number") return refused(path, `is ${value}, which JSON cannot carry`);
  if (typeof value !== "object" || value === null) return refused(path, `is ${typeof value}, which JSON cannot carry`);
  if (depth > MAX_DEPTH) return refused(path, `is nested deeper than ${MAX_DEPTH} levels`);
  return Array.isArray(value) ? refusalInList(value, path, depth) : refusalInObject(value, path, depth);
}

function refusalInList(items: readonly unknown[], path: string, depth: number): SyncError {
  const index = items.findIndex((item) => !isSafeJson(item, depth + 1)); // It looks at holes, too.
  return refusal(items[index], `${path}.${index}`, depth + 1);
}

function refusalInObject(object: object, path: string, depth: number): SyncError {
  if (!isPlain(object)) return refused(path, "is not a plain object");
  const members = Object.entries(object).filter(([, member]) => member !== undefined);
  const [key, member] = members.find(([name, value]) => !isSafeKey(name) || !isSafeJson(value, depth + 1)) ?? [
    "",
    null,
  ];
  if (!isSafeKey(key)) return refused(`${path}.${key}`, "is not allowed as a key");
  return refusal(member, `${path}.${key}`, depth + 1);
}

/** It returns the error for a value that holds more than a walk may meet. */
export function tooMuch(path: string): SyncError {
  return refused(path, `holds more than ${MAX_VALUES} values, each counted as often as it is met`);
}

function refused(path: string, why: string): SyncError {
  return new SyncError("invalid_change", `${path.slice(0, 200)} ${why}`, { hint: "Send plain JSON (rule S4)." });
}
