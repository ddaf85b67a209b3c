/** A space whose model has views remembers beside its entries who may see them, and could at older versions (rules V6 to V8). */

import {
  type AnyViews,
  type Lens,
  type RecordHash,
  recordHash,
  sameField,
  sameJson,
  throughLens,
} from "@neverstale/protocol";
import type { Entry } from "../entry.ts";
import type { DraftRecord } from "../records-view.ts";
import { Dependents } from "./dependents.ts";
import { KeyFloors } from "./key-floors.ts";
import { type KeySet, KeySets } from "./key-sets.ts";
import { Visibility } from "./visibility.ts";

export class SpaceViews {
  readonly declared: AnyViews;
  readonly sets = new KeySets();
  readonly floors = new KeyFloors();
  readonly dependents: Dependents;
  /** By these lenses the digest of some view is kept, for each collection. */
  readonly #lenses = new Map<string, Set<Lens>>();

  constructor(declared: AnyViews) {
    this.declared = declared;
    this.dependents = new Dependents(declared);
  }

  /**
   * A group has done that to the record, and the entry holds what it was before. What was set and set back, or removed and put again
   * alike, has not moved (rule V8).
   */
  moved(entry: Entry, draft: DraftRecord, head: number): void {
    const { record: before, collection } = entry;
    const { record: after, version } = draft;
    const shown = shownOf(entry);
    this.dependents.moved(entry, before, after);
    if (after === null) this.place(entry, null, head);
    if (before === null || after === null) {
      shown.movedAt = version;
      return;
    }
    const listed = this.declared.listedFields(collection);
    const isAnew = draft.created > 0;
    if (isAnew && !sameJson(before, after)) shown.movedAt = version;
    for (const field of isAnew ? listed : draft.fields) {
      if (sameField(before, after, field)) continue;
      shown.movedAt = version;
      if (listed.has(field)) shown.fieldMoved(field, version);
    }
  }

  /** From `head` on the record has these keys. Null stands for none. */
  place(entry: Entry, keys: readonly string[] | null, head: number): void {
    const shown = shownOf(entry);
    const before = shown.set;
    const after = keys === null ? null : this.sets.of(entry.collection, keys);
    if (before === after) return;
    if (after !== null) after.records += 1;
    if (before !== null) this.sets.left(before);
    const dropped = shown.move(after, head);
    if (dropped !== null) this.floors.raise(dropped.set.keys, dropped.until, head);
  }

  /** Nobody will know any more who could see the record, which is gone. */
  forget(shown: Visibility, head: number): void {
    let until = shown.since;
    for (const { set, since } of shown.former) {
      if (set !== null) this.floors.raise(set.keys, until, head);
      until = since;
    }
  }

  /** It returns a lens by whose sums a digest may go from now on. `entries` are those of its collection. */
  summedBy(collection: string, lens: Lens, entries: () => Iterable<Entry>): Lens {
    const lenses = this.#lenses.get(collection) ?? new Set<Lens>();
    this.#lenses.set(collection, lenses);
    if (lens.fields === null || lenses.has(lens)) return lens;
    lenses.add(lens);
    for (const { shown, id } of entries()) {
      if (shown === null || shown.summedIn === null || shown.summedRecord === null) continue;
      shown.summedIn.add(lens, recordHash(collection, id, throughLens(shown.summedRecord, lens)));
    }
    return lens;
  }

  /** The sums are brought on over one entry, whose record as a whole has this hash now. */
  sum(entry: Entry, hash: RecordHash | null): void {
    const shown = shownOf(entry);
    if (shown.summedIn !== null) this.#takeOut(entry, shown, shown.summedIn);
    shown.summedIn = shown.set;
    shown.summedRecord = shown.set === null ? null : entry.record;
    shown.summedHash = shown.set === null ? null : hash;
    if (shown.set !== null) this.#putIn(entry, shown, shown.set);
  }

  #takeOut({ collection, id }: Entry, { summedRecord, summedHash }: Visibility, set: KeySet): void {
    if (summedRecord === null || summedHash === null) return;
    set.subtract(WHOLE, summedHash);
    for (const lens of this.#lenses.get(collection) ?? [])
      set.subtract(lens, recordHash(collection, id, throughLens(summedRecord, lens)));
  }

  #putIn({ collection, id }: Entry, { summedRecord, summedHash }: Visibility, set: KeySet): void {
    if (summedRecord === null || summedHash === null) return;
    set.add(WHOLE, summedHash);
    for (const lens of this.#lenses.get(collection) ?? [])
      set.add(lens, recordHash(collection, id, throughLens(summedRecord, lens)));
  }

  /** It returns the sum of a set's records as the lens shows them. */
  sumOf(set: KeySet, lens: Lens): RecordHash {
    return set.sum(lens.fields === null ? WHOLE : lens);
  }
}

export function shownOf(entry: Entry): Visibility {
  entry.shown ??= new Visibility();
  return entry.shown;
}

/** The sums of whole records stand under it. */
const WHOLE: Lens = Object.freeze({ fields: null });
