/** A diff turns the state at one version into the state at a later one; here diffs are made and applied. */

import { type AnyState, type JsonValue, type StateRecord, sameJson, type WireState } from "../json/json.ts";

/** This is what moved in one collection. An id is in one of `put`, `set`/`unset` and `remove`. */
export interface CollectionDiff {
  readonly put?: readonly StateRecord[];
  /** It names top-level fields and carries whole values. */
  readonly set?: Readonly<Record<string, Readonly<Record<string, JsonValue>>>>;
  readonly unset?: Readonly<Record<string, readonly string[]>>;
  readonly remove?: readonly string[];
}

/** It holds what moved, by the name of the collection. */
export type Diff = Readonly<Record<string, CollectionDiff>>;

/** The owner of this state alters it in place. Records are replaced, and never altered. */
export type MutableState = Record<string, Map<string, StateRecord>>;

/** It is called for each record that a diff has moved, with what the record was and what it is. */
export type OnMoved = (
  collection: string,
  id: string,
  before: StateRecord | undefined,
  after: StateRecord | undefined,
) => void;

/**
 * It applies a diff in place. When the diff does not fit, it returns false and alters nothing.
 *
 * Ids and collections may be named like members of `Object.prototype` ("toString"), so only own members count.
 */
export function applyDiff(state: MutableState, diff: Diff, onMoved?: OnMoved): boolean {
  if (!diffFits(state, diff)) return false;
  applyFittingDiff(state, diff, onMoved);
  return true;
}

/** A diff does not fit when it alters a record that isn't there: this state is not the one from which the diff was made. */
export function diffFits(state: MutableState, diff: Diff): boolean {
  for (const name in diff) if (!fits(ownMember(state, name), diff[name] as CollectionDiff)) return false;
  return true;
}

function fits(records: ReadonlyMap<string, StateRecord> | undefined, moved: CollectionDiff): boolean {
  for (const id in moved.set) if (records?.has(id) !== true) return false;
  for (const id in moved.unset) if (records?.has(id) !== true) return false;
  return true;
}

/** It applies a diff of which `diffFits` has said that it fits, in place. It does not look again. */
export function applyFittingDiff(state: MutableState, diff: Diff, onMoved?: OnMoved): void {
  for (const name in diff) {
    let records = ownMember(state, name);
    if (records === undefined) {
      records = new Map();
      state[name] = records;
    }
    applyToCollection(name, records, diff[name] as CollectionDiff, onMoved);
  }
}

function applyToCollection(
  name: string,
  records: Map<string, StateRecord>,
  moved: CollectionDiff,
  onMoved?: OnMoved,
): void {
  const { put, set, unset, remove } = moved;
  if (put !== undefined) for (const record of put) place(name, records, record.id, record, onMoved);
  for (const id in set) {
    const fields = unset === undefined ? undefined : ownMember(unset, id);
    place(name, records, id, withFields(records.get(id) as StateRecord, set[id], fields), onMoved);
  }
  for (const id in unset) {
    if (set !== undefined && Object.hasOwn(set, id)) continue;
    place(name, records, id, withFields(records.get(id) as StateRecord, undefined, unset[id]), onMoved);
  }
  if (remove !== undefined) for (const id of remove) removeRecord(name, records, id, onMoved);
}

function place(
  name: string,
  records: Map<string, StateRecord>,
  id: string,
  after: StateRecord,
  onMoved: OnMoved | undefined,
): void {
  const before = onMoved === undefined ? undefined : records.get(id);
  records.set(id, after);
  onMoved?.(name, id, before, after);
}

function removeRecord(name: string, records: Map<string, StateRecord>, id: string, onMoved: OnMoved | undefined): void {
  const before = records.get(id);
  if (records.delete(id)) onMoved?.(name, id, before, undefined);
}

/** It returns a new record, with the fields in `set` set and those in `unset` taken out. */
function withFields(
  before: StateRecord,
  set: Readonly<Record<string, JsonValue>> | undefined,
  unset: readonly string[] | undefined,
): StateRecord {
  const after: Record<string, JsonValue> = { ...before, ...set };
  if (unset !== undefined) for (const field of unset) delete after[field];
  return after as StateRecord;
}

function ownMember<T>(object: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

/** It compares two whole states. Every quicker way to make a diff is tested against this one. */
export function diffStates(before: AnyState, after: AnyState): Diff {
  const diff: Record<string, CollectionDiff> = {};
  for (const name of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const moved = diffCollections(ownMember(before, name) ?? new Map(), ownMember(after, name) ?? new Map());
    if (moved !== null) diff[name] = moved;
  }
  return diff;
}

function diffCollections(before: Records, after: Records): CollectionDiff | null {
  const draft: CollectionDraft = {};
  let moved = false;
  for (const [id, record] of after) if (diffRecord(draft, id, before.get(id), record)) moved = true;
  for (const [id, record] of before) if (!after.has(id) && diffRecord(draft, id, record, undefined)) moved = true;
  return moved ? draft : null;
}

type Records = ReadonlyMap<string, StateRecord>;

/** This is a `CollectionDiff` that is being made. */
export interface CollectionDraft {
  put?: StateRecord[];
  set?: Record<string, Record<string, JsonValue>>;
  unset?: Record<string, string[]>;
  remove?: string[];
}

/**
 * It adds to a draft what turns one record from `before` to `after`, and returns whether anything moved. Undefined means that
 * the record is not there. It is called once for each id: `before` is the record before all that the draft is about, and
 * `after` is the record after that.
 */
export function diffRecord(
  draft: CollectionDraft,
  id: string,
  before: StateRecord | undefined,
  after: StateRecord | undefined,
): boolean {
  if (before === after) return false;
  if (after === undefined) {
    draft.remove ??= [];
    draft.remove.push(id);
    return true;
  }
  if (before === undefined) {
    draft.put ??= [];
    draft.put.push(after);
    return true;
  }
  return diffFields(draft, id, before, after);
}

function diffFields(draft: CollectionDraft, id: string, before: StateRecord, after: StateRecord): boolean {
  const set: Record<string, JsonValue> = {};
  const unset: string[] = [];
  for (const field of Object.keys(after)) {
    const value = after[field] as JsonValue;
    if (!Object.hasOwn(before, field) || !sameJson(before[field], value)) set[field] = value;
  }
  for (const field of Object.keys(before)) if (!Object.hasOwn(after, field)) unset.push(field);
  return addFields(draft, id, set, unset);
}

/** It adds the fields of one record to a draft, and leaves out what is empty. It returns whether there were any. */
function addFields(draft: CollectionDraft, id: string, set: Record<string, JsonValue>, unset: string[]): boolean {
  const sets = Object.keys(set).length > 0;
  if (sets) {
    draft.set ??= {};
    draft.set[id] = set;
  }
  if (unset.length > 0) {
    draft.unset ??= {};
    draft.unset[id] = unset;
  }
  return sets || unset.length > 0;
}

/** It returns the state as it travels. The records are shared, not copied. */
export function toWireState(state: AnyState): Record<string, StateRecord[]> {
  const wire: Record<string, StateRecord[]> = {};
  for (const name of Object.keys(state)) wire[name] = [...(state[name] as ReadonlyMap<string, StateRecord>).values()];
  return wire;
}

/** It returns the state as code sees it, with the same records in maps. Of two records with one id the later one stays. */
export function fromWireState(wire: WireState): MutableState {
  const state: MutableState = {};
  for (const name of Object.keys(wire)) {
    const records = wire[name] as readonly StateRecord[];
    state[name] = new Map(records.map((record) => [record.id, record]));
  }
  return state;
}
