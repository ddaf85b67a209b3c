import { assert } from "../errors.ts";
import type { JsonValue, StateRecord } from "../json/json.ts";
import { addFields, type CollectionDiff, type CollectionDraft, type Diff, ownMember, withFields } from "./diff.ts";

/**
 * One diff that does what `first` and then `second` do. `second` was made from the state that `first` leads to;
 * neither is altered. What was put and then removed stays a `remove`: it may have been there before.
 */
export function mergeDiffs(first: Diff, second: Diff): Diff {
  const merged: Record<string, CollectionDiff> = { ...first };
  for (const name of Object.keys(second)) {
    const earlier = ownMember(first, name);
    const later = second[name] as CollectionDiff;
    merged[name] = earlier === undefined ? later : mergeCollections(earlier, later);
  }
  return merged;
}

/** What a diff does to one record. */
type Fate =
  | { readonly kind: "put"; readonly record: StateRecord }
  | { readonly kind: "fields"; readonly set: Readonly<Record<string, JsonValue>>; readonly unset: readonly string[] }
  | { readonly kind: "remove" };

function mergeCollections(first: CollectionDiff, second: CollectionDiff): CollectionDiff {
  const fates = fatesOf(first);
  for (const [id, later] of fatesOf(second)) {
    const earlier = fates.get(id);
    fates.set(id, earlier === undefined ? later : mergeFates(earlier, later));
  }
  return draftOf(fates);
}

function fatesOf(moved: CollectionDiff): Map<string, Fate> {
  const fates = new Map<string, Fate>();
  for (const record of moved.put ?? []) fates.set(record.id, { kind: "put", record });
  for (const id of Object.keys({ ...moved.set, ...moved.unset })) {
    fates.set(id, {
      kind: "fields",
      set: ownMember(moved.set ?? {}, id) ?? {},
      unset: ownMember(moved.unset ?? {}, id) ?? [],
    });
  }
  for (const id of moved.remove ?? []) fates.set(id, { kind: "remove" });
  return fates;
}

function mergeFates(earlier: Fate, later: Fate): Fate {
  if (later.kind !== "fields") return later;
  assert(earlier.kind !== "remove", "a diff alters a record that the diff before it removed");
  if (earlier.kind === "put") return { kind: "put", record: withFields(earlier.record, later.set, later.unset) };
  return mergeFields(earlier, later);
}

type Fields = Extract<Fate, { kind: "fields" }>;

function mergeFields(earlier: Fields, later: Fields): Fields {
  const set: Record<string, JsonValue> = { ...earlier.set, ...later.set };
  for (const field of later.unset) delete set[field];
  const unset = new Set([...earlier.unset.filter((field) => !Object.hasOwn(later.set, field)), ...later.unset]);
  return { kind: "fields", set, unset: [...unset] };
}

function draftOf(fates: ReadonlyMap<string, Fate>): CollectionDiff {
  const draft: CollectionDraft = {};
  for (const [id, fate] of fates) {
    if (fate.kind === "fields") {
      addFields(draft, id, { ...fate.set }, [...fate.unset]);
    } else if (fate.kind === "put") {
      draft.put ??= [];
      draft.put.push(fate.record);
    } else {
      draft.remove ??= [];
      draft.remove.push(id);
    }
  }
  return draft;
}
