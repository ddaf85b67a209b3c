import { SyncError } from "./errors.ts";
import type { JsonObject, JsonValue } from "./json.ts";

/** Deeper values are refused: no screen shows them and a recursive reader could be exhausted by them. */
export const MAX_DEPTH = 32;
/** UTF-16 code units. */
export const MAX_ID_LENGTH = 512;

const REFUSED_KEYS: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

/** Rule S4: what may never be an id or a key, at either end. */
export function isSafeKey(key: string): boolean {
  return !REFUSED_KEYS.has(key) && key.isWellFormed();
}

export function isSafeId(id: unknown): id is string {
  return typeof id === "string" && id.length > 0 && id.length <= MAX_ID_LENGTH && isSafeKey(id) && !id.includes("\0");
}

/**
 * The object as it may be stored: rule S4 checked, members that are null or undefined left out (rule S1), arrays
 * kept as they are. Returns the same object when there was nothing to leave out.
 *
 * Throws `invalid_change` and names the path of what is wrong.
 */
export function cleanObject(value: JsonObject, path: string, depth = 0): JsonObject {
  let cleaned: Record<string, JsonValue> | null = null;
  for (const key in value) {
    const member = value[key];
    if (!isSafeKey(key)) throw refused(`${path}.${key}`, "is not allowed as a key");
    const kept = cleanMember(member, path, key, depth);
    if (kept === member) continue;
    cleaned ??= { ...value };
    if (kept === undefined) delete cleaned[key];
    else cleaned[key] = kept;
  }
  return cleaned ?? value;
}

function cleanMember(member: JsonValue | undefined, path: string, key: string, depth: number): JsonValue | undefined {
  if (member === null || member === undefined) return undefined;
  if (typeof member !== "object") {
    checkScalar(member, path, key);
    return member;
  }
  if (depth >= MAX_DEPTH) throw refused(`${path}.${key}`, `is nested deeper than ${MAX_DEPTH} levels`);
  if (!Array.isArray(member)) return cleanObject(member as JsonObject, `${path}.${key}`, depth + 1);
  checkJson(member, `${path}.${key}`, depth + 1);
  return member;
}

/** Rule S4 for a value that is only read: a patch, or an array within a record. */
export function checkJson(value: JsonValue, path: string, depth = 0): void {
  if (value === null) return;
  if (typeof value !== "object") return checkScalar(value, path, "");
  if (depth > MAX_DEPTH) throw refused(path, `is nested deeper than ${MAX_DEPTH} levels`);
  if (Array.isArray(value)) {
    for (const item of value as readonly JsonValue[]) checkJson(item, `${path}[]`, depth + 1);
    return;
  }
  const object = value as JsonObject;
  for (const key in object) {
    if (!isSafeKey(key)) throw refused(`${path}.${key}`, "is not allowed as a key");
    const member = object[key];
    if (member !== undefined) checkJson(member, `${path}.${key}`, depth + 1);
  }
}

function checkScalar(value: JsonValue, path: string, key: string): void {
  if (typeof value === "string") {
    if (!value.isWellFormed()) throw refused(`${path}.${key}`, "holds half of a surrogate pair");
  } else if (typeof value === "number") {
    if (!Number.isFinite(value)) throw refused(`${path}.${key}`, `is ${value}, which JSON cannot carry`);
  } else if (typeof value !== "boolean") {
    throw refused(`${path}.${key}`, `is a ${typeof value}, which JSON cannot carry`);
  }
}

function refused(path: string, why: string): SyncError {
  return new SyncError("invalid_change", `${path} ${why}`, { hint: "Send plain JSON (rule S4)." });
}
