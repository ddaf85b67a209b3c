import { isJsonObject, type JsonObject, type JsonValue, sameJson } from "./json.ts";

/**
 * JSON Merge Patch, RFC 7396: `null` deletes a key, at every depth. A member that is undefined counts as absent: it
 * says nothing. Neither argument is altered. The keys have been through rule S4.
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
 * The merge patch that turns `before` into `after`; `{}` when they are the same. `after` holds no null members (within
 * arrays they may be: an array is a whole value).
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

/** The same where no other members differ than those that `named` has. */
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

/** The patch of one member, or undefined when it did not change. */
function patchValue(before: JsonValue | undefined, after: JsonValue): JsonValue | undefined {
  if (sameJson(before, after)) return undefined;
  if (isJsonObject(before) && isJsonObject(after)) return mergePatchBetween(before, after);
  return after;
}
