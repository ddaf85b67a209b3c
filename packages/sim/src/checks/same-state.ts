/** Two states are compared here: the one that is shown, and the one that was true. */

import type { JsonValue, StateRecord } from "@neverstale/protocol";
import { NO_RECORDS, type OracleRecords, type OracleState } from "./history.ts";

/** It tells the first record in which what is shown differs from what was true, or null when nothing does. */
export function difference(shown: Readonly<Record<string, ReadonlyMap<string, StateRecord>>>, truth: OracleState) {
  for (const name of new Set([...Object.keys(truth), ...Object.keys(shown)])) {
    const wanted = truth[name] ?? NO_RECORDS; // A collection may come into the model, and leave it.
    const found = shown[name] ?? NO_RECORDS;
    for (const [id, record] of wanted) if (!isSame(found.get(id), record)) return told(name, id, found, wanted);
    if (found.size === wanted.size) continue;
    for (const id of found.keys()) if (!wanted.has(id)) return told(name, id, found, wanted);
  }
  return null;
}

/** These pairs of records were found equal before. Both sides replace records and never alter them. */
const known = new WeakMap<StateRecord, StateRecord>();

function told(name: string, id: string, shown: OracleRecords, truth: OracleRecords): string {
  return `${name}/${id}: ${JSON.stringify(shown.get(id))} instead of ${JSON.stringify(truth.get(id))}`;
}

export function isSame(shown: StateRecord | undefined, truth: StateRecord | undefined): boolean {
  if (shown === truth) return true;
  if (shown === undefined || truth === undefined) return false;
  if (known.get(shown) === truth) return true;
  if (!isEqual(shown, truth)) return false;
  known.set(shown, truth);
  return true;
}

function isEqual(a: JsonValue | undefined, b: JsonValue | undefined): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => Object.hasOwn(b, key) && isEqual(memberOf(a, key), memberOf(b, key)));
}

function memberOf(value: object, key: string): JsonValue | undefined {
  return (value as Record<string, JsonValue>)[key];
}
