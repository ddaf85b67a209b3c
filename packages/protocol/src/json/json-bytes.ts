/** These functions count how many bytes a value takes as JSON in UTF-8, without making its text. */

import type { JsonObject, JsonValue } from "./json.ts";

/**
 * It counts what `JSON.stringify` would write. A number with many digits is an exception: to count them would cost as much as
 * the rest of a change, so it counts as the longest number that there is. So a value has one size, wherever it stands, and no
 * value is larger than that.
 */
export function bytesOfJson(value: JsonValue | undefined): number {
  if (typeof value === "string") return bytesOfString(value);
  if (typeof value === "number") return bytesOfNumber(value);
  if (typeof value === "boolean") return value ? 4 : 5;
  if (value === null || value === undefined) return 4; // Within a list both are written as null.
  return Array.isArray(value) ? bytesOfList(value) : bytesOfObject(value as JsonObject);
}

function bytesOfList(items: readonly JsonValue[]): number {
  let bytes = items.length === 0 ? 2 : 1;
  for (let index = 0; index < items.length; index += 1) bytes += bytesOfJson(items[index]) + 1;
  return bytes;
}

export function bytesOfObject(object: JsonObject): number {
  let bytes = 1;
  for (const key in object) {
    const value = object[key];
    if (value !== undefined) bytes += bytesOfName(key) + bytesOfJson(value);
  }
  return bytes === 1 ? 2 : bytes;
}

/** It counts a member's name with its colon, and the comma or bracket that follows the value. */
export function bytesOfName(key: string): number {
  return bytesOfString(key) + 2;
}

/** It counts a string with its quotes. */
export function bytesOfString(text: string): number {
  let bytes = text.length + 2;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit >= 0x80) bytes += wideUnit(unit);
    else if (unit < 0x20) bytes += unit >= 0x08 && unit <= 0x0d && unit !== 0x0b ? 1 : 5;
    else if (unit === 0x22 || unit === 0x5c) bytes += 1;
  }
  return bytes;
}

/** It counts the text as it stands, without quotes or escapes. */
export function utf8Bytes(text: string): number {
  let bytes = text.length;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit >= 0x80) bytes += wideUnit(unit);
  }
  return bytes;
}

/** It returns how many bytes more than one a code unit takes. Each half of a surrogate pair counts for two of the four bytes. */
function wideUnit(unit: number): number {
  return unit < 0x800 || (unit >= 0xd800 && unit < 0xe000) ? 1 : 2;
}

/** The number `-0.0000012345678901234567` is so long. */
const LONGEST_NUMBER = 25;

export function bytesOfNumber(value: number): number {
  const size = value < 0 ? -value : value;
  const sign = value < 0 ? 1 : 0;
  if (size < 1e9) {
    if (Math.floor(size) === size) return sign + digitsOf(size);
    // Most fractions have few digits: a quotient of two whole numbers is rounded as its decimal text is read.
    const hundredths = Math.round(size * 100);
    if (hundredths / 100 === size) return sign + digitsOf(size) + (hundredths % 10 === 0 ? 2 : 3);
  } else if (size < 1e15 && Math.floor(size) === size) return sign + digitsOf(Math.floor(size / 1e9)) + 9;
  return LONGEST_NUMBER;
}

/** It counts the digits of a whole number that is below 10^9. */
function digitsOf(size: number): number {
  if (size < 1e3) return size < 10 ? 1 : size < 100 ? 2 : 3;
  if (size < 1e6) return size < 1e4 ? 4 : size < 1e5 ? 5 : 6;
  return size < 1e7 ? 7 : size < 1e8 ? 8 : 9;
}
