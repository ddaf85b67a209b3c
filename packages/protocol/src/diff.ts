import type { AnyState, JsonValue, StateRecord } from "./json.ts";

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
 * Applies a diff in place. Returns false, with nothing altered, when the diff alters a record that isn't there: then
 * this state is not the one the diff was made from.
 */
export function applyDiff(state: MutableState, diff: Diff, onMoved?: OnMoved): boolean {
  for (const name in diff) if (!fits(state[name], diff[name] as CollectionDiff)) return false;
  for (const name in diff) {
    state[name] ??= new Map();
    applyToCollection(name, state[name], diff[name] as CollectionDiff, onMoved);
  }
  return true;
}

function fits(records: ReadonlyMap<string, StateRecord> | undefined, moved: CollectionDiff): boolean {
  for (const id in moved.set) if (records?.has(id) !== true) return false;
  for (const id in moved.unset) if (records?.has(id) !== true) return false;
  return true;
}

function applyToCollection(
  name: string,
  records: Map<string, StateRecord>,
  moved: CollectionDiff,
  onMoved?: OnMoved,
): void {
  for (const record of moved.put ?? []) place(name, records, record.id, record, onMoved);
  for (const id in moved.set) {
    const before = records.get(id) as StateRecord;
    place(name, records, id, withFields(before, moved.set[id] ?? {}, moved.unset?.[id]), onMoved);
  }
  for (const id in moved.unset) {
    if (moved.set?.[id] === undefined)
      place(name, records, id, withFields(records.get(id) as StateRecord, {}, moved.unset[id]), onMoved);
  }
  for (const id of moved.remove ?? []) {
    const before = records.get(id);
    if (records.delete(id)) onMoved?.(name, id, before, undefined);
  }
}

function place(
  name: string,
  records: Map<string, StateRecord>,
  id: string,
  after: StateRecord,
  onMoved?: OnMoved,
): void {
  if (onMoved === undefined) {
    records.set(id, after);
    return;
  }
  const before = records.get(id);
  records.set(id, after);
  onMoved(name, id, before, after);
}

function withFields(
  before: StateRecord,
  set: Readonly<Record<string, JsonValue>>,
  unset: readonly string[] = [],
): StateRecord {
  const after: Record<string, JsonValue> = { ...before, ...set };
  for (const field of unset) delete after[field];
  return after as StateRecord;
}

export function toWireState(state: AnyState): Record<string, StateRecord[]> {
  const wire: Record<string, StateRecord[]> = {};
  for (const name of Object.keys(state)) wire[name] = [...(state[name] as ReadonlyMap<string, StateRecord>).values()];
  return wire;
}
