/** The change text is how the changes of a group are stored: as a JSON array. */

import type { Change, ChangeRule, JsonValue } from "@neverstale/protocol";
import type { KeyMove } from "../space/views/key-moves.ts";

/**
 * The first entry of the array says what each change type among them was when they were stored, as
 * `[[type, kind, collection], …]`: a log means the same for ever, whatever later models say. Most changes come in runs, of one
 * type and with the same keys in their data, as metrics do. Such a run is one array,
 * `[type, [key, …], target, value, …, target, value, …]`. It has a third of the bytes for the same work, and a log costs what
 * its bytes cost. A change that is alone stands as it is, `{type, target, data}`.
 *
 * `rules` are those of the model that the changes went through. Where records have other keys after the group than before, the last
 * entry says which (rule V3).
 */
export function changesToText(
  changes: readonly Change[],
  rules: ChangeRules,
  keyMoves: readonly KeyMove[] = NO_MOVES,
): string {
  const entries = changeEntriesOf(changes, rules);
  return JSON.stringify(keyMoves.length === 0 ? entries : [...entries, { keyMoves }]);
}

/** It returns the array of which the text is made. */
export function changeEntriesOf(changes: readonly Change[], rules: ChangeRules): ChangeEntries {
  const said = new Set<string>();
  const header: (readonly [string, string, string])[] = [];
  const entries: ChangeEntries[number][] = [header];
  for (let from = 0; from < changes.length; ) {
    const first = changes[from] as Change;
    if (!said.has(first.type)) {
      said.add(first.type);
      const rule = Object.hasOwn(rules, first.type) ? rules[first.type] : undefined;
      if (rule !== undefined) header.push([first.type, rule.kind, rule.collection]);
    }
    const keys = Object.keys(first.data);
    const to = endOfRun(changes, from, first.type, keys);
    entries.push(to - from === 1 ? first : runOf(changes, from, to, keys));
    from = to;
  }
  return entries;
}

/** It throws a plain error for a text that `changesToText` didn't write. */
export function changesOfText(text: string): LoggedChanges {
  return changesOf(JSON.parse(text) as ChangeEntries);
}

/** It throws a plain error for what `changeEntriesOf` didn't make. */
export function changesOf(entries: ChangeEntries): LoggedChanges {
  const [first] = entries;
  const rules = isRules(first) ? rulesOf(first) : null;
  const changes: Change[] = [];
  let keyMoves = NO_MOVES;
  for (let at = rules === null ? 0 : 1; at < entries.length; at += 1) {
    const entry = entries[at] as Change | Run | MovedKeys;
    if (Array.isArray(entry)) addRun(changes, entry as unknown as Run);
    else if ("keyMoves" in entry) keyMoves = entry.keyMoves;
    else changes.push(entry as Change);
  }
  return { changes, rules, keyMoves };
}

export interface LoggedChanges {
  readonly changes: readonly Change[];
  /** It is null for what was stored before the log said it. Then only a model can tell. */
  readonly rules: ChangeRules | null;
  readonly keyMoves: readonly KeyMove[];
}

/** It says what each change type is. */
export type ChangeRules = Readonly<Record<string, ChangeRule>>;

export type ChangeEntries = readonly (Change | Run | Rules | MovedKeys)[];

/** A change has a type, and this has none. */
interface MovedKeys {
  readonly keyMoves: readonly KeyMove[];
}

const NO_MOVES: readonly KeyMove[] = Object.freeze([]);

type Run = readonly [type: string, keys: readonly string[], ...JsonValue[]];

/** It holds the types that the model declares. Changes that the authority makes by itself mean the same in every model. */
type Rules = readonly (readonly [type: string, kind: string, collection: string])[];

function endOfRun(changes: readonly Change[], from: number, type: string, keys: readonly string[]): number {
  let to = from + 1;
  while (to < changes.length && continues(changes[to] as Change, type, keys)) to += 1;
  return to;
}

function continues({ type, data }: Change, ofType: string, keys: readonly string[]): boolean {
  if (type !== ofType) return false;
  let count = 0;
  for (const key in data) {
    if (keys[count] !== key) return false;
    count += 1;
  }
  return count === keys.length;
}

function runOf(changes: readonly Change[], from: number, to: number, keys: readonly string[]): Run {
  const run: [string, readonly string[], ...JsonValue[]] = [(changes[from] as Change).type, keys];
  for (let at = from; at < to; at += 1) {
    const { target, data } = changes[at] as Change;
    run.push(target);
    for (let key = 0; key < keys.length; key += 1) run.push(data[keys[key] as string] as JsonValue);
  }
  return run;
}

/** A run begins with its type, and a header with an array. */
function isRules(entry: ChangeEntries[number] | undefined): entry is Rules {
  return Array.isArray(entry) && typeof entry[0] !== "string";
}

function rulesOf(header: Rules): ChangeRules {
  const rules: Record<string, ChangeRule> = {};
  for (const [type, kind, collection] of header) {
    if (kind !== "put" && kind !== "patch" && kind !== "remove")
      throw new Error(`"${type}" is of no known kind: ${kind}`);
    rules[type] = { kind, collection };
  }
  return rules;
}

function addRun(changes: Change[], run: Run): void {
  const [type, keys] = run;
  const width = keys.length + 1;
  if ((run.length - 2) % width !== 0) throw new Error(`a run of ${type} breaks off`);
  for (let at = 2; at < run.length; at += width) {
    const data: Record<string, JsonValue> = {};
    for (let key = 0; key < keys.length; key += 1) data[keys[key] as string] = run[at + 1 + key] as JsonValue;
    changes.push({ type, target: run[at] as string, data });
  }
}
