import { type AnyState, type JsonValue, type StateRecord, sameJson, type WireState } from "../json/json.ts";

/** What moved in one collection. An id is in one of `put`, `set`/`unset`, `remove`. */
export interface CollectionDiff {
  readonly put?: readonly StateRecord[];
  /** Top-level fields, whole values. */
  readonly set?: Readonly<Record<string, Readonly<Record<string, JsonValue>>>>;
  readonly unset?: Readonly<Record<string, readonly string[]>>;
  readonly remove?: readonly string[];
}

/** What turns the state at one version into the state at a later one, by collection. */
export type Diff = Readonly<Record<string, CollectionDiff>>;

/** A state that its owner alters in place; records are replaced, never altered. */
export type MutableState = Record<string, Map<string, StateRecord>>;

/** Called for each record a diff moved, with what it was and what it is. */
export type OnMoved = (
  collection: string,
  id: string,
  before: StateRecord | undefined,
  after: StateRecord | undefined,
) => void;

/**
 * Applies a diff in place. It returns false, with nothing altered, when the diff does not fit.
 *
 * Ids and collections may be named like members of `Object.prototype` ("toString"): only own members count.
 */
export function applyDiff(state: MutableState, diff: Diff, onMoved?: OnMoved): boolean {
  if (!diffFits(state, diff)) return false;
  applyFittingDiff(state, diff, onMoved);
  return true;
}

/** A diff does not fit when it alters a record that isn't there: then this state is not the one it was made from. */
export function diffFits(state: MutableState, diff: Diff): boolean {
  for (const name in diff) if (!fits(ownMember(state, name), diff[name] as CollectionDiff)) return false;
  return true;
}

function fits(records: ReadonlyMap<string, StateRecord> | undefined, moved: CollectionDiff): boolean {
  for (const id in moved.set) if (records?.has(id) !== true) return false;
  for (const id in moved.unset) if (records?.has(id) !== true) return false;
  return true;
}

/** Applies a diff in place of which `diffFits` has said that it fits. It does not look again. */
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
  if (remove !== undefined) for (const id of remove) takeAway(name, records, id, onMoved);
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

function takeAway(name: string, records: Map<string, StateRecord>, id: string, onMoved: OnMoved | undefined): void {
  const before = records.get(id);
  if (records.delete(id)) onMoved?.(name, id, before, undefined);
}

/** A new record: the fields set, then those unset taken out. */
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

/** The diff from one state to another: what `verify` reports, and the measure of every cleverer way to get one. */
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

/** A `CollectionDiff` that is being made. */
export interface CollectionDraft {
  put?: StateRecord[];
  set?: Record<string, Record<string, JsonValue>>;
  unset?: Record<string, string[]>;
  remove?: string[];
}

/**
 * Adds to a draft what turns one record from `before` to `after`; undefined: not there. Says whether anything moved.
 * Once for each id: the record before all that the draft is about, and the record after it.
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

/** Adds the fields of one record to a draft, leaving out what is empty. Says whether there were any. */
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

/** The state as it travels; records are shared, not copied. */
export function toWireState(state: AnyState): Record<string, StateRecord[]> {
  const wire: Record<string, StateRecord[]> = {};
  for (const name of Object.keys(state)) wire[name] = [...(state[name] as ReadonlyMap<string, StateRecord>).values()];
  return wire;
}

/** The state as code sees it. The same records, in maps; of two with one id the later stays. */
export function fromWireState(wire: WireState): MutableState {
  const state: MutableState = {};
  for (const name of Object.keys(wire)) {
    const records = wire[name] as readonly StateRecord[];
    state[name] = new Map(records.map((record) => [record.id, record]));
  }
  return state;
}
