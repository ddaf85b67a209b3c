/** A pattern says what a message must be like, and binds names to what it meets. */

import { isJsonObject, type JsonObject, type JsonValue, sameJson } from "@neverstale/protocol";
import { type Bindings, resolve, resolveNumber, ScenarioError } from "./template.ts";

/** It says where a value differs from the pattern. */
export type Mismatch = { readonly path: string; readonly expected: JsonValue; readonly found: JsonValue | undefined };

/**
 * It holds a value against a pattern, and returns null when it matches. A plain value stands for itself, an object for one that
 * has at least these members, and a list for a list of the same length. `"*"` stands for anything except nothing. `"$v"` stands
 * for what is bound to v, and binds it where nothing is bound yet. An object whose members all begin with `$` holds tests, all
 * of which must pass:
 *
 *   $gt $gte $lt $lte   a number, compared with a template
 *   $is                 "whole", "text", "object", "list", "boolean", "digest"
 *   $absent             true: there is no such member
 *   $only               a pattern that names every member there may be
 *   $same               exactly this value, lists in order
 *   $anyOrder           a list with exactly these items, in whatever order
 *   $has                a list with an item like this
 *   $size               the length of a list, a pattern
 *   $last               the last item of a list, a pattern
 *   $not                a pattern that it doesn't match
 *   $either             a list of patterns, of which one must match
 *   $bind               [name, pattern]: matches, and binds the value
 *
 * Nothing is bound unless all of it matched.
 */
export function mismatch(pattern: JsonValue, value: JsonValue | undefined, bindings: Bindings): Mismatch | null {
  const trial = new Map(bindings);
  const found = compare(pattern, value, trial, "");
  if (found === null) for (const [name, bound] of trial) bindings.set(name, bound);
  return found;
}

function compare(pattern: JsonValue, value: JsonValue | undefined, bindings: Bindings, path: string): Mismatch | null {
  if (typeof pattern === "string" && pattern.startsWith("$"))
    return compareName(pattern.slice(1), value, bindings, path);
  if (isJsonObject(pattern) && isTests(pattern)) return compareTests(pattern, value, bindings, path);
  if (value === undefined) return { path, expected: pattern, found: value };
  if (pattern === "*") return null;
  if (isJsonObject(pattern)) return compareMembers(pattern, value, bindings, path);
  if (Array.isArray(pattern)) return compareItems(pattern, value, bindings, path);
  return pattern === value ? null : { path, expected: pattern, found: value };
}

function compareName(name: string, value: JsonValue | undefined, bindings: Bindings, path: string): Mismatch | null {
  const known = bindings.get(name);
  if (value === undefined) return { path, expected: known ?? `$${name}`, found: value };
  if (known === undefined) bindings.set(name, value);
  return known === undefined || sameJson(known, value) ? null : { path, expected: known, found: value };
}

function compareMembers(pattern: JsonObject, value: JsonValue, bindings: Bindings, path: string): Mismatch | null {
  if (!isJsonObject(value)) return { path, expected: pattern, found: value };
  for (const [key, expected] of Object.entries(pattern)) {
    const found = compare(expected, Object.hasOwn(value, key) ? value[key] : undefined, bindings, `${path}.${key}`);
    if (found !== null) return found;
  }
  return null;
}

function compareItems(
  pattern: readonly JsonValue[],
  value: JsonValue,
  bindings: Bindings,
  path: string,
): Mismatch | null {
  if (!Array.isArray(value) || value.length !== pattern.length) return { path, expected: pattern, found: value };
  for (const [index, expected] of pattern.entries()) {
    const found = compare(expected, value[index], bindings, `${path}.${index}`);
    if (found !== null) return found;
  }
  return null;
}

function isTests(pattern: JsonObject): boolean {
  const keys = Object.keys(pattern);
  return keys.length > 0 && keys.every((key) => key.startsWith("$"));
}

function compareTests(
  tests: JsonObject,
  value: JsonValue | undefined,
  bindings: Bindings,
  path: string,
): Mismatch | null {
  for (const [name, argument] of Object.entries(tests)) {
    const test = TESTS[name];
    if (test === undefined) {
      // A template stands for the value that it makes.
      if (sameJson(resolve(tests, bindings), value)) return null;
      return { path, expected: resolve(tests, bindings), found: value };
    }
    const found = test(argument, value, bindings, path);
    if (found !== null) return found === "no" ? { path, expected: { [name]: argument }, found: value } : found;
  }
  return null;
}

type Test = (
  argument: JsonValue,
  value: JsonValue | undefined,
  bindings: Bindings,
  path: string,
) => Mismatch | "no" | null;

const ordered =
  (holds: (value: number, limit: number) => boolean): Test =>
  (argument, value, bindings) =>
    typeof value === "number" && holds(value, resolveNumber(argument, bindings)) ? null : "no";

const KINDS: Readonly<Record<string, (value: JsonValue | undefined) => boolean>> = {
  whole: (value) => Number.isSafeInteger(value) && (value as number) >= 0,
  text: (value) => typeof value === "string",
  boolean: (value) => typeof value === "boolean",
  object: isJsonObject,
  list: Array.isArray,
  digest: (value) => typeof value === "string" && /^[0-9a-f]{16}$/.test(value),
};

const TESTS: Readonly<Record<string, Test>> = {
  $gt: ordered((value, limit) => value > limit),
  $gte: ordered((value, limit) => value >= limit),
  $lt: ordered((value, limit) => value < limit),
  $lte: ordered((value, limit) => value <= limit),
  $is: (argument, value) => {
    const kind = KINDS[String(argument)];
    if (kind === undefined) throw new ScenarioError(`there is no kind ${JSON.stringify(argument)}`);
    return kind(value) ? null : "no";
  },
  $absent: (_, value) => (value === undefined ? null : "no"),
  $only: (argument, value, bindings, path) => {
    const surplus = isJsonObject(value)
      ? Object.keys(value).find((key) => !Object.hasOwn(argument as object, key))
      : null;
    if (typeof surplus === "string")
      return { path: `${path}.${surplus}`, expected: "nothing", found: (value as JsonObject)[surplus] };
    return compare(argument, value, bindings, path);
  },
  $same: (argument, value, bindings) => (sameJson(resolve(argument, bindings), value) ? null : "no"),
  $anyOrder: (argument, value, bindings) => {
    if (!Array.isArray(value) || !Array.isArray(argument) || value.length !== argument.length) return "no";
    return argument.every((item) => value.some((each) => matches(item, each, bindings))) ? null : "no";
  },
  $has: (argument, value, bindings) =>
    Array.isArray(value) && value.some((item) => matches(argument, item, bindings)) ? null : "no",
  $size: (argument, value, bindings, path) =>
    Array.isArray(value) ? compare(argument, value.length, bindings, `${path}.length`) : "no",
  $last: (argument, value, bindings, path) =>
    Array.isArray(value) ? compare(argument, value.at(-1), bindings, `${path}.last`) : "no",
  $not: (argument, value, bindings) => (matches(argument, value, new Map(bindings)) ? "no" : null),
  $either: (argument, value, bindings) =>
    Array.isArray(argument) && argument.some((each) => matches(each, value, bindings)) ? null : "no",
  $bind: (argument, value, bindings, path) => {
    const [name, pattern] = argument as readonly [string, JsonValue];
    return compare(pattern, value, bindings, path) ?? compareName(name, value, bindings, path);
  },
};

/** It binds names only where it matches. */
function matches(pattern: JsonValue, value: JsonValue | undefined, bindings: Bindings): boolean {
  return mismatch(pattern, value, bindings) === null;
}
