import { SyncError } from "./errors.ts";
import type { JsonObject, JsonValue } from "./json.ts";

/**
 * JSON in the one form that RFC 8785 (JCS) gives a value: keys in order of their UTF-16 code units, no white space,
 * numbers as ECMAScript prints them. Two ends that hold the same record hash the same bytes (rule G1).
 *
 * Throws `invalid_change` for what has no such form: a number that isn't finite, half of a surrogate pair.
 */
export function canonicalJson(value: JsonValue): string {
  if (typeof value === "string") return quoted(value);
  if (typeof value === "number") return numeral(value);
  if (typeof value !== "object" || value === null) return String(value);
  return Array.isArray(value) ? list(value as readonly JsonValue[]) : object(value as JsonObject);
}

function list(items: readonly JsonValue[]): string {
  let text = "[";
  for (let index = 0; index < items.length; index++) {
    if (index > 0) text += ",";
    text += canonicalJson(items[index] as JsonValue);
  }
  return `${text}]`;
}

function object(members: JsonObject): string {
  const keys = sortedKeys(members);
  let text = "{";
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index] as string;
    const value = members[key];
    if (value === undefined) continue;
    if (text.length > 1) text += ",";
    text += `${quoted(key)}:${canonicalJson(value)}`;
  }
  return `${text}}`;
}

/** Most objects are written down in the same order every time: looking is cheaper than sorting. */
function sortedKeys(members: JsonObject): string[] {
  const keys = Object.keys(members);
  for (let index = 1; index < keys.length; index++) {
    if ((keys[index - 1] as string) > (keys[index] as string)) return keys.sort();
  }
  return keys;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that JSON escapes.
const NEEDS_CARE = /["\\\u0000-\u001f\ud800-\udfff]/;

function quoted(text: string): string {
  if (!NEEDS_CARE.test(text)) return `"${text}"`;
  if (!text.isWellFormed()) throw new SyncError("invalid_change", "half of a surrogate pair has no canonical form");
  return JSON.stringify(text);
}

function numeral(value: number): string {
  if (!Number.isFinite(value)) throw new SyncError("invalid_change", `the number ${value} has no canonical form`);
  return String(value);
}
