/** Canonical JSON is the one form that RFC 8785 gives a value, so that two ends hash the same bytes. */

import { SyncError } from "../errors.ts";
import type { JsonObject, JsonValue } from "./json.ts";

/**
 * Keys stand in the order of their UTF-16 code units, there is no white space, and numbers are written as ECMAScript prints
 * them (rule G1). It throws `invalid_change` for a value that has no such form: a number that isn't finite, or half of a
 * surrogate pair.
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
  const keys = sorted(Object.keys(members));
  let text = "{";
  let comma = "";
  for (let index = 0; index < keys.length; index++) {
    const key = keys[index] as string;
    const value = members[key];
    if (value === undefined) continue;
    text += comma + label(key) + canonicalJson(value);
    comma = ",";
  }
  return `${text}}`;
}

/** It sorts in place. For the few keys of a record an insertion sort takes a quarter of the time of the built-in one. */
function sorted(keys: string[]): string[] {
  if (keys.length > 24) return keys.sort();
  for (let next = 1; next < keys.length; next++) {
    const key = keys[next] as string;
    let at = next - 1;
    for (; at >= 0 && (keys[at] as string) > key; at--) keys[at + 1] = keys[at] as string;
    keys[at + 1] = key;
  }
  return keys;
}

/** A few keys come again in every record of a collection. The cache is emptied when it is full, so that it stays small. */
const labels = new Map<string, string>();
const MAX_LABELS = 2048;
const MAX_LABEL_LENGTH = 64;

function label(key: string): string {
  const known = labels.get(key);
  if (known !== undefined) return known;
  const made = `${quoted(key)}:`;
  if (key.length > MAX_LABEL_LENGTH) return made;
  if (labels.size >= MAX_LABELS) labels.clear();
  labels.set(key, made);
  return made;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that JSON escapes.
const NEEDS_CARE = /["\\\u0000-\u001f\ud800-\udfff]/;

function quoted(text: string): string {
  if (!NEEDS_CARE.test(text)) return `"${text}"`;
  if (!text.isWellFormed()) throw new SyncError("invalid_change", "half a surrogate pair has no canonical form");
  return JSON.stringify(text);
}

function numeral(value: number): string {
  if (!Number.isFinite(value)) throw new SyncError("invalid_change", `${value} has no canonical form`);
  return String(value);
}
