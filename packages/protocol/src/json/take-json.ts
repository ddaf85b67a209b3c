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
 * How many more values the walk under way may visit: what holds one value many times over by references is small in
 * memory, and would be walked, and copied, without end. Each walk sets it; one that goes below nothing is given up.
 */
let room = 0;
/** How long the texts are that the walk under way has met, names included. UTF-16 code units. */
let chars = 0;

/** What a value takes at least. */
const SMALL = 8;

/** What the walk that ended last found out beside the copy: it meets each value anyway. */
export const lastTaken = {
  /** About how many bytes of memory the copy takes: texts are not looked into. */
  held: 0,
};

/**
 * A copy of what a caller holds, made in one walk: checked by rule S4, frozen at every depth, `-0` written as `0`, and
 * members that are undefined left out. Nothing the caller does to its value afterwards reaches the copy.
 *
 * Throws `invalid_change` and names the path of what is wrong.
 */
export function takeJson(value: unknown, path: string): JsonValue {
  const outer = room; // What is read may run code of the caller's, and that take other values.
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
 * The same for a merge patch: its null members stay. The patch itself is not frozen, only what is in it: it is never part of
 * a record, and whoever hands it out freezes it then. Most are handed out to nobody.
 */
export function takePatch(value: JsonObject, path: string): JsonObject {
  return takeOutermost(value, isPlain(value) ? { ...value } : null, true, path);
}

/**
 * The same for a record, which holds no null members but within arrays (rule S1). `id` is what it is called where it
 * doesn't say so itself; without `id` it stays without.
 */
export function takeRecord(value: JsonObject, path: string, id?: string): JsonObject {
  const own: Members | null = isPlain(value) ? { ...value } : null;
  if (own !== null && id !== undefined) own.id = own.id ?? id;
  return Object.freeze(takeOutermost(value, own, false, path));
}

/** `own`: a copy of the value that nobody else holds; null: it is no plain object. */
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

/** Whether the walk may go on after so many values more. */
function spend(values: number): boolean {
  room -= values;
  return room >= 0;
}

/** A long text takes as long as many values do. */
function spendText(text: string): boolean {
  chars += text.length;
  return text.length < TEXT_OF_A_VALUE || spend(Math.floor(text.length / TEXT_OF_A_VALUE));
}

function isSafeLeaf(value: unknown): boolean {
  return isSafeScalar(value) && (typeof value !== "string" || spendText(value));
}

/** Undefined: rule S4 refuses it. */
function takeValue(value: unknown, depth: number, keepsNulls: boolean): JsonValue | undefined {
  if (value === 0 || value === null) return value === 0 ? 0 : null; // -0 becomes 0.
  if (typeof value !== "object") return isSafeLeaf(value) ? (value as JsonValue) : undefined;
  if (depth > MAX_DEPTH) return undefined;
  if (Array.isArray(value)) return takeList(value, depth + 1);
  if (!isPlain(value)) return undefined;
  const taken = takeMembers({ ...value }, depth + 1, keepsNulls);
  return taken === undefined ? undefined : Object.freeze(taken);
}

/** An array is a whole value: nulls within it are kept. */
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
 * Of an object that nobody else holds: altered in place, so that most members are not even written. What is in it is frozen
 * then, and it is left to the caller to freeze what comes back.
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
