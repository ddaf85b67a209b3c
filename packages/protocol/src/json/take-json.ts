/** The door takes JSON out of a caller's hands: it checks, copies and freezes a value in one walk. */

import type { SyncError } from "../errors.ts";
import type { JsonObject, JsonValue } from "./json.ts";
import {
  isPlain,
  isSafeKey,
  isSafeScalar,
  MAX_DEPTH,
  MAX_VALUES,
  refusal,
  TEXT_OF_A_VALUE,
  tooMuch,
} from "./safety.ts";

type Members = Record<string, JsonValue>;

/**
 * The walk under way may visit so many more values. A value that holds another one many times by references is small in
 * memory, and would be walked and copied without end. Each walk sets this number, and gives up when it goes below zero.
 */
let room = 0;
/** So long are the texts and names that the walk under way has met, in UTF-16 code units. */
let chars = 0;

/** A value takes at least so many bytes of memory. */
const SMALL = 8;

/** The walk that ended last found this out beside the copy, as it meets each value anyway. */
export const lastTaken = {
  /** The copy takes about so many bytes of memory. Texts are not looked into. */
  held: 0,
};

/**
 * It returns a copy of what a caller holds. The copy has passed rule S4 and is frozen at every depth, `-0` has become `0`, and
 * members that are undefined are left out. Nothing that the caller does to its value afterwards reaches the copy.
 *
 * It throws `invalid_change` and names the path of what is wrong.
 */
export function takeJson(value: unknown, path: string): JsonValue {
  const outer = room; // Reading may run code of the caller, and this code may take other values.
  const outerChars = chars;
  room = MAX_VALUES;
  chars = 0;
  try {
    const taken = takeValue(value, 0, true);
    if (taken === undefined) throw refused(value, path);
    return taken;
  } finally {
    endWalk(outer, outerChars);
  }
}

/**
 * It takes a merge patch, whose null members stay. What is in the patch is frozen, and the patch itself is not: it is never
 * part of a record, and whoever hands it out freezes it then. Most patches are handed out to nobody.
 */
export function takePatch(value: JsonObject, path: string): JsonObject {
  return takeOutermost(value, isPlain(value) ? { ...value } : null, true, path);
}

/**
 * It takes a record, which holds no null members except within arrays (rule S1). `id` becomes the record's id where the record
 * doesn't say its own.
 */
export function takeRecord(value: JsonObject, path: string, id?: string): JsonObject {
  const own: Members | null = isPlain(value) ? { ...value } : null;
  if (own !== null && id !== undefined) own.id = own.id ?? id;
  return Object.freeze(takeOutermost(value, own, false, path));
}

/** `own` is a copy of the value that nobody else holds. Null means that the value is no plain object. */
function takeOutermost(value: JsonObject, own: Members | null, keepsNulls: boolean, path: string): JsonObject {
  const outer = room;
  const outerChars = chars;
  room = MAX_VALUES;
  chars = 0;
  try {
    const taken = own === null ? undefined : takeMembers(own, 1, keepsNulls);
    if (taken === undefined) throw refused(value, path);
    return taken;
  } finally {
    endWalk(outer, outerChars);
  }
}

function endWalk(outer: number, outerChars: number): void {
  lastTaken.held = chars + SMALL * (MAX_VALUES - room);
  room = outer;
  chars = outerChars;
}

function refused(value: unknown, path: string): SyncError {
  return room < 0 ? tooMuch(path) : refusal(value, path);
}

/** It returns false when the walk has met too many values. */
function spend(values: number): boolean {
  room -= values;
  return room >= 0;
}

/** To walk a long text takes as long as to walk many values. */
function spendText(text: string): boolean {
  chars += text.length;
  return text.length < TEXT_OF_A_VALUE || spend(Math.floor(text.length / TEXT_OF_A_VALUE));
}

function isSafeLeaf(value: unknown): boolean {
  return isSafeScalar(value) && (typeof value !== "string" || spendText(value));
}

/** Undefined means that rule S4 refuses the value. */
function takeValue(value: unknown, depth: number, keepsNulls: boolean): JsonValue | undefined {
  if (value === 0 || value === null) return value === 0 ? 0 : null; // -0 becomes 0.
  if (typeof value !== "object") return isSafeLeaf(value) ? (value as JsonValue) : undefined;
  if (depth > MAX_DEPTH) return undefined;
  if (Array.isArray(value)) return takeList(value, depth + 1);
  if (!isPlain(value)) return undefined;
  const taken = takeMembers({ ...value }, depth + 1, keepsNulls);
  return taken === undefined ? undefined : Object.freeze(taken);
}

/** An array is a whole value, so nulls within it are kept. */
function takeList(items: readonly unknown[], depth: number): readonly JsonValue[] | undefined {
  if (!spend(items.length)) return undefined;
  const taken: JsonValue[] = [];
  for (let index = 0; index < items.length; index++) {
    const item = takeValue(items[index], depth, true);
    if (item === undefined) return undefined;
    taken.push(item);
  }
  return Object.freeze(taken);
}

/**
 * The object is altered in place, as nobody else holds it: so most members are not even written. What is in it is frozen
 * then, and the caller freezes what is returned.
 */
function takeMembers(own: Members, depth: number, keepsNulls: boolean): JsonObject | undefined {
  let isWhole = true;
  let count = 0;
  for (const key in own) {
    count += 1;
    const member = own[key] as JsonValue | undefined;
    if (member === undefined) {
      isWhole = false;
      continue;
    }
    if (!isSafeKey(key) || !spendText(key)) return undefined;
    if (typeof member === "object" || member === 0) {
      if (member === null && !keepsNulls) isWhole = false;
      const taken = takeValue(member, depth, keepsNulls);
      if (taken === undefined) return undefined;
      own[key] = taken;
    } else if (!isSafeLeaf(member)) return undefined;
  }
  if (!spend(count)) return undefined;
  return isWhole ? own : withoutAbsent(own, keepsNulls);
}

function withoutAbsent(own: Members, keepsNulls: boolean): Members {
  const kept: Members = {};
  for (const key in own) {
    const member = own[key] as JsonValue | undefined;
    if (member !== undefined && (member !== null || keepsNulls)) kept[key] = member;
  }
  return kept;
}

/** It freezes a value that nobody else holds, at every depth. What is frozen already was frozen here, as a whole. */
export function freezeJson<T extends JsonValue | undefined>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  if (Array.isArray(value)) for (const item of value as readonly JsonValue[]) freezeJson(item);
  else for (const key in value) freezeJson((value as JsonObject)[key]);
  return Object.freeze(value);
}

/** It returns a copy that may be altered at every depth. */
export function thawedJson<T extends JsonValue>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return (value as readonly JsonValue[]).map(thawedJson) as JsonValue as T;
  const copy: Members = { ...(value as JsonObject) };
  for (const key in copy) if (typeof copy[key] === "object") copy[key] = thawedJson(copy[key] as JsonValue);
  return copy as JsonObject as T;
}
