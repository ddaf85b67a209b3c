/** A viewed space is what a space looks like in one view: its records, its digest, and the diff from any older position (rule V10). */

import {
  addHash,
  assert,
  type Diff,
  formatDigest,
  type GrantedView,
  type Lens,
  type Model,
  type StateRecord,
  throughLens,
  type ViewProof,
  ZERO_HASH,
} from "@neverstale/protocol";
import type { Entry } from "../entry.ts";
import type { SpaceLineage } from "../lineage.ts";
import type { Capture, Readable } from "../readable.ts";
import { addFields, type Moved, type Space } from "../space.ts";
import type { KeySet } from "./key-sets.ts";
import { isSameText, type Proofs } from "./proofs.ts";
import type { SpaceViews } from "./space-views.ts";
import type { Visibility } from "./visibility.ts";

/** It keeps nothing that could not be found again: a view that nobody had before diffs like one that is a year old (rule V11). */
export class ViewedSpace implements Readable {
  readonly id: string;
  readonly view: GrantedView;
  readonly space: Space;
  readonly #views: SpaceViews;
  readonly #proofs: Proofs;
  /** The diff from one of these positions to this version is empty, so that a round looks at what has moved since then alone. */
  readonly #quiet = new Map<number, number>();

  /** The views of the space's model are declared. */
  constructor(space: Space, view: GrantedView, proofs: Proofs) {
    assert(space.views !== null, "the model of the space has views");
    this.space = space;
    this.#views = space.views;
    this.view = view;
    this.#proofs = proofs;
    this.id = proofs.idOf(view);
  }

  get name(): string {
    return this.space.name;
  }

  get creationId(): string {
    return this.space.creationId;
  }

  get model(): Model {
    return this.space.model;
  }

  get lineage(): SpaceLineage {
    return this.space.lineage;
  }

  get head(): number {
    return this.space.head;
  }

  get records(): number {
    let count = 0;
    for (const set of this.#sets()) if (this.#lensOf(set) !== null) count += set.records;
    return count;
  }

  /** The sets of records that may be shown. */
  #sets(): Iterable<KeySet> {
    return this.#views.sets.withOneOf(this.view.keys);
  }

  #lensOf(set: KeySet | null): Lens | null {
    return set === null ? null : this.view.lens(set.collection, set.keys);
  }

  canDiffFrom(version: number): boolean {
    return version <= this.head && version >= this.#views.floors.of(this.view.keys);
  }

  diffSince(from: number): Diff {
    const diff: Record<string, Moved> = {};
    const quietUpTo = this.#quiet.get(from) ?? from;
    let isEmpty = true;
    for (let entry = this.space.newest; entry !== null && entry.version > quietUpTo; entry = entry.older) {
      const { collection, shown } = entry;
      if (shown === null) continue;
      const moved = Object.hasOwn(diff, collection) ? (diff[collection] as Moved) : {};
      if (!this.#add(moved, entry, shown, from)) continue;
      diff[collection] = moved;
      isEmpty = false;
    }
    if (isEmpty) this.#noteQuiet(from);
    return diff as Diff;
  }

  #noteQuiet(from: number): void {
    if (this.#quiet.size >= POSITIONS_REMEMBERED) this.#quiet.clear();
    this.#quiet.set(from, this.head);
  }

  /** It goes by what the view showed of the record at `from` and shows now. It returns whether there is a difference. */
  #add(moved: Moved, entry: Entry, shown: Visibility, from: number): boolean {
    const then = this.#lensOf(shown.setAt(from));
    const now = this.#lensOf(shown.set);
    const { record, id } = entry;
    if (now === null || record === null) {
      if (then === null) return false;
      moved.remove ??= [];
      moved.remove.push(id);
      return true;
    }
    if (then !== now || this.#wasShownOtherwise(shown, from, now)) return put(moved, throughLens(record, now));
    if (now.fields === null) return addWhole(moved, entry, record, shown, from);
    const stamps = stampsOf(shown, now.fields);
    return stamps !== null && addFields(moved, id, record, stamps, from);
  }

  /** It was not shown by the same fields all the time: what came and went meanwhile is not to be told. */
  #wasShownOtherwise({ former }: Visibility, from: number, now: Lens): boolean {
    return former.some(({ set, since }) => since > from && this.#lensOf(set) !== now);
  }

  movedBytes(from: number, limit: number): number {
    if (this.space.movedBytes(from, limit) === 0) return 0;
    let bytes = 0;
    for (let entry = this.space.newest; entry !== null && entry.version > from; entry = entry.older) {
      if (entry.shown === null || (this.#lensOf(entry.shown.set) ?? this.#lensOf(entry.shown.setAt(from))) === null)
        continue;
      bytes += entry.record === null ? entry.id.length : entry.bytes;
      if (bytes > limit) break;
    }
    return bytes;
  }

  isTextLongerThan(limit: number): boolean {
    let chars = 0;
    for (const name of Object.keys(this.model.collections)) {
      for (const record of this.#recordsOf(name)) {
        chars += JSON.stringify(record).length;
        if (chars > limit) return true;
      }
    }
    return false;
  }

  *#recordsOf(collection: string): Iterable<StateRecord> {
    for (const { record, shown } of this.space.entries(collection)) {
      const lens = this.#lensOf(shown?.set ?? null);
      if (lens !== null && record !== null) yield throughLens(record, lens);
    }
  }

  /** The sums are of the records as they are shown, by key set, so that views share them (rule V13). */
  digest(): string {
    this.space.sumSome(this.space.unsummed);
    let sum = ZERO_HASH;
    for (const set of this.#sets()) {
      const lens = this.#lensOf(set);
      if (lens === null) continue;
      const summed = this.#views.summedBy(set.collection, lens, () => this.space.entries(set.collection));
      sum = addHash(sum, this.#views.sumOf(set, summed));
    }
    return formatDigest(sum);
  }

  capture(): Capture {
    const names = Object.keys(this.space.state);
    const collections = names.map((name) => ({ name, records: [...this.#recordsOf(name)] }));
    return { version: this.head, digest: this.digest(), collections };
  }

  proofAt(epoch: string, version: number): ViewProof {
    return { view: this.id, ticket: this.#proofs.ticket(epoch, this.creationId, this.id, version) };
  }

  accepts(epoch: string, version: number, shown: ViewProof | undefined): boolean {
    if (shown === undefined) return false;
    const { view, ticket } = this.proofAt(epoch, version);
    return shown.view === view && isSameText(shown.ticket, ticket);
  }
}

function put(moved: Moved, record: StateRecord): true {
  moved.put ??= [];
  moved.put.push(record);
  return true;
}

function stampsOf({ fields }: Visibility, shown: readonly string[]): Record<string, number> | null {
  if (fields === null) return null;
  const stamps: Record<string, number> = {};
  for (const field of shown) if (Object.hasOwn(fields, field)) stamps[field] = fields[field] as number;
  return stamps;
}

/** All of the record was shown at `from`, and is. */
function addWhole(moved: Moved, entry: Entry, record: StateRecord, shown: Visibility, from: number): boolean {
  if (shown.movedAt <= from) return false;
  if (entry.created > from || entry.stamps === null) return put(moved, record);
  return addFields(moved, entry.id, record, entry.stamps, from);
}

/** So many positions are remembered from which nothing has moved. */
const POSITIONS_REMEMBERED = 1_000;
