/** JSON Merge Patches (RFC 7396) are applied, made and measured here. */

import { isJsonObject, type JsonObject, type JsonValue, type StateRecord, sameJson } from "../json/json.ts";
import { bytesOfJson, bytesOfName, bytesOfNumber } from "../json/json-bytes.ts";
import { freezeJson } from "../json/take-json.ts";

/**
 * It applies a patch: `null` deletes a key, at every depth, and a member that is undefined counts as absent. Neither argument
 * is altered. The keys have passed rule S4 before.
 */
export function mergePatch(target: JsonValue | undefined, patch: JsonValue): JsonValue {
  if (!isJsonObject(patch)) return patch;
  const merged: Record<string, JsonValue> = isJsonObject(target) ? { ...target } : {};
  for (const key in patch) {
    const value = patch[key] as JsonValue | undefined;
    if (value === undefined) continue;
    if (value === null) delete merged[key];
    else merged[key] = typeof value === "object" ? mergePatch(merged[key], value) : value;
  }
  return merged;
}

/**
 * It returns the merge patch that turns `before` into `after`, and `{}` when they are the same. `after` holds no null members.
 * Within arrays nulls are allowed, as an array is a whole value.
 */
export function mergePatchBetween(before: JsonObject, after: JsonObject): JsonObject {
  const patch: Record<string, JsonValue> = {};
  for (const key in after) {
    const value = patchValue(before[key], after[key] as JsonValue);
    if (value !== undefined) patch[key] = value;
  }
  for (const key in before) if (!Object.hasOwn(after, key)) patch[key] = null;
  return patch;
}

/** It makes that patch where only members that `named` has can differ. */
export function mergePatchWithin(before: JsonObject, after: JsonObject, named: JsonObject): JsonObject {
  const patch: Record<string, JsonValue> = {};
  for (const key in named) {
    if (Object.hasOwn(after, key)) {
      const value = patchValue(before[key], after[key] as JsonValue);
      if (value !== undefined) patch[key] = value;
    } else if (Object.hasOwn(before, key)) patch[key] = null;
  }
  return patch;
}

/** This is what a merge patch has done to an object. */
export interface Merged<T extends JsonObject> {
  /** It is frozen, and is `before` itself when nothing moved. It shares what it holds with `before` and with the patch. */
  readonly after: T;
  /** `after` has so many bytes of JSON more than `before` (rule S8). */
  readonly growth: number;
  /** True means that every member that the patch names, at every depth, makes a difference. Then the patch is its own effect. */
  readonly isWhole: boolean;
  /** The patch takes so many bytes of JSON. It is counted where the patch is whole. */
  readonly patchBytes: number;
}

/** These three numbers belong to the walk under way. */
let growth = 0;
let isWhole = true;
let patchBytes = 0;

/**
 * It merges a patch into a record, compares the two, and counts the bytes, all in one walk. Both are frozen except for the
 * outermost object of the patch, and have passed rule S4. The record keeps its `id`, whatever the patch says about it.
 */
export function mergeIntoRecord(before: StateRecord, patch: JsonObject): Merged<StateRecord> {
  growth = 0;
  isWhole = true;
  patchBytes = 0;
  const after = mergeMembers(before, patch, "id") as StateRecord;
  return { after, growth, isWhole, patchBytes };
}

/** The member that `fixed` names stays as it is. */
function mergeMembers(before: JsonObject, patch: JsonObject, fixed: string | null): JsonObject {
  let after: Record<string, JsonValue> | null = null;
  let grown = 0;
  let told = 1;
  for (const key in patch) {
    const value = patch[key] as JsonValue;
    let old = before[key] as JsonValue | undefined;
    let next: JsonValue | undefined;
    // Most of what moves are numbers.
    if (typeof value === "number" && typeof old === "number") {
      next = value;
      if (value !== old) {
        const size = bytesOfNumber(value);
        grown += size - bytesOfNumber(old);
        told += bytesOfName(key) + size;
      }
    } else {
      if (typeof old === "function") old = undefined; // It may be called like a member of Object.prototype.
      next = key === fixed ? old : mergedMember(key, old, value);
    }
    if (next === old) {
      isWhole = false;
      continue;
    }
    after ??= { ...before };
    if (next === undefined) delete after[key];
    else after[key] = next;
  }
  if (after === null) return before;
  growth += grown;
  patchBytes += told;
  if (fixed === null) countEmptiness(before, after);
  return Object.freeze(after);
}

/** It returns `old` itself when nothing differs, and undefined when there is no such member afterwards. */
function mergedMember(key: string, old: JsonValue | undefined, value: JsonValue): JsonValue | undefined {
  if (isJsonObject(value) && isJsonObject(old)) {
    patchBytes += bytesOfName(key);
    return mergeMembers(old, value, null);
  }
  const next = typeof value === "object" ? replacement(old, value) : value;
  if (next !== old) countMember(key, old, next);
  return next;
}

function countMember(key: string, old: JsonValue | undefined, next: JsonValue | undefined): void {
  const name = bytesOfName(key);
  const size = bytesOfJson(next);
  patchBytes += name + size;
  if (next !== undefined) growth += name + size;
  if (old !== undefined) growth -= name + bytesOfJson(old);
}

/** It returns how many bytes of JSON `after` has more than `before`, where `patch` leads from one to the other. */
export function growthBetween(before: JsonObject, after: JsonObject, patch: JsonObject): number {
  let grown = 0;
  for (const key in patch) {
    const old = before[key] as JsonValue | undefined;
    if (old !== undefined && typeof old !== "function") grown -= bytesOfName(key) + bytesOfJson(old);
    if (patch[key] !== null) grown += bytesOfName(key) + bytesOfJson(after[key]);
  }
  return grown;
}

function replacement(
  old: JsonValue | undefined,
  value: JsonObject | readonly JsonValue[] | null,
): JsonValue | undefined {
  if (value === null) return undefined;
  if (!isJsonObject(value)) return sameJson(old, value) ? old : value;
  if (!hasNulls(value)) return value;
  isWhole = false;
  return freezeJson(mergePatch(undefined, value));
}

function hasNulls(patch: JsonObject): boolean {
  for (const key in patch) {
    const value = patch[key] as JsonValue;
    if (value === null || (isJsonObject(value) && hasNulls(value))) return true;
  }
  return false;
}

/** `{}` takes two bytes, for its brackets. Any other object takes one byte beside those of its members. */
function countEmptiness(before: JsonObject, after: JsonObject): void {
  if (isEmptyObject(before)) growth -= 1;
  else if (isEmptyObject(after)) growth += 1;
}

export function isEmptyObject(object: JsonObject): boolean {
  for (const _ in object) return false;
  return true;
}

/** It returns the patch of one member, or undefined when the member did not change. */
function patchValue(before: JsonValue | undefined, after: JsonValue): JsonValue | undefined {
  if (sameJson(before, after)) return undefined;
  if (isJsonObject(before) && isJsonObject(after)) return mergePatchBetween(before, after);
  return after;
}
