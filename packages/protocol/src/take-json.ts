import type { JsonObject, JsonValue } from "./json.ts";
import { isPlain, isSafeKey, isSafeScalar, MAX_DEPTH, refusal } from "./safety.ts";

type Members = Record<string, JsonValue>;

/**
 * A copy of what a caller holds, made in one walk: checked by rule S4, frozen at every depth, `-0` written as `0`, and
 * members that are undefined left out. Nothing the caller does to its value afterwards reaches the copy.
 *
 * Throws `invalid_change` and names the path of what is wrong.
 */
export function takeJson(value: unknown, path: string): JsonValue {
  const taken = takeValue(value, 0, true);
  if (taken === undefined) throw refusal(value, path);
  return taken;
}

/** The same for an object: its null members stay, as a patch needs them. */
export function takeObject(value: JsonObject, path: string): JsonObject {
  return takeJson(value, path) as JsonObject;
}

/**
 * The same for a record, which holds no null members but within arrays (rule S1). `id` is what it is called where it
 * doesn't say so itself; without `id` it stays without.
 */
export function takeRecord(value: JsonObject, path: string, id?: string): JsonObject {
  const own: Members | null = isPlain(value) ? { ...value } : null;
  if (own !== null && id !== undefined) own.id = own.id ?? id;
  const taken = own === null ? undefined : takeMembers(own, 1, false);
  if (taken === undefined) throw refusal(value, path);
  return taken;
}

/** Undefined: rule S4 refuses it. */
function takeValue(value: unknown, depth: number, keepsNulls: boolean): JsonValue | undefined {
  if (value === 0 || value === null) return value === 0 ? 0 : null; // -0 becomes 0.
  if (typeof value !== "object") return isSafeScalar(value) ? (value as JsonValue) : undefined;
  if (depth > MAX_DEPTH) return undefined;
  if (Array.isArray(value)) return takeList(value, depth + 1);
  return isPlain(value) ? takeMembers({ ...value }, depth + 1, keepsNulls) : undefined;
}

/** An array is a whole value: nulls within it are kept. */
function takeList(items: readonly unknown[], depth: number): readonly JsonValue[] | undefined {
  const taken: JsonValue[] = [];
  for (let index = 0; index < items.length; index++) {
    const item = takeValue(items[index], depth, true);
    if (item === undefined) return undefined;
    taken.push(item);
  }
  return Object.freeze(taken);
}

/** Of an object that nobody else holds: altered in place, so that most members are not even written. */
function takeMembers(own: Members, depth: number, keepsNulls: boolean): JsonObject | undefined {
  let isWhole = true;
  for (const key in own) {
    const member = own[key] as JsonValue | undefined;
    if (member === undefined) {
      isWhole = false;
      continue;
    }
    if (!isSafeKey(key)) return undefined;
    if (typeof member === "object" || member === 0) {
      if (member === null && !keepsNulls) isWhole = false;
      const taken = takeValue(member, depth, keepsNulls);
      if (taken === undefined) return undefined;
      own[key] = taken;
    } else if (!isSafeScalar(member)) return undefined;
  }
  return Object.freeze(isWhole ? own : withoutAbsent(own, keepsNulls));
}

function withoutAbsent(own: Members, keepsNulls: boolean): Members {
  const kept: Members = {};
  for (const key in own) {
    const member = own[key] as JsonValue | undefined;
    if (member !== undefined && (member !== null || keepsNulls)) kept[key] = member;
  }
  return kept;
}

/** Freezes a value that nobody else holds, at every depth. What is frozen already was frozen by this module, whole. */
export function freezeJson<T extends JsonValue | undefined>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  if (Array.isArray(value)) for (const item of value as readonly JsonValue[]) freezeJson(item);
  else for (const key in value) freezeJson((value as JsonObject)[key]);
  return Object.freeze(value);
}

/** A copy that whoever gets it may alter, at every depth. */
export function thawedJson<T extends JsonValue>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return (value as readonly JsonValue[]).map(thawedJson) as JsonValue as T;
  const copy: Members = { ...(value as JsonObject) };
  for (const key in copy) if (typeof copy[key] === "object") copy[key] = thawedJson(copy[key] as JsonValue);
  return copy as JsonObject as T;
}
