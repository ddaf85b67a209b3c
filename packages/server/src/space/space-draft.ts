/** A draft is what one group does to one space, on top of what is committed. */

import {
  type AnyState,
  type AskedChange,
  bytesOfString,
  type Change,
  type Effect,
  effectOfTaken,
  type MeasuredEffect,
  type Model,
  RECORD_EVICTED,
  type StateRecord,
  SyncError,
  type TakenChange,
  takeChange,
  VIEWS_REBUILT,
} from "@neverstale/protocol";
import type { Tally } from "../limits/tally.ts";
import { messageOf } from "../runtime/message-of.ts";
import { type ChangeRules, changesToText } from "../store/change-text.ts";
import {
  type ChangesText,
  type HistoryRow,
  type LineageRow,
  type SpaceCommit,
  StoreFailure,
} from "../store/contract.ts";
import type { Entry } from "./entry.ts";
import type { KeepIndex } from "./keep-index.ts";
import { type DraftRecord, DraftView } from "./records-view.ts";
import { type Space, stateBytesOf } from "./space.ts";
import { type KeyMove, keyMovesOf } from "./views/key-moves.ts";

/** Nothing of it shows until the commit has ended, and nothing that is committed is altered by it before `commit`. */
export class SpaceDraft {
  readonly space: Space;
  /** This group makes the space. */
  readonly isNew: boolean;
  removed = false;
  /** It counts when the space is removed: its history stays then. */
  archived = false;
  /** This is the last version that was given out. */
  version: number;
  /** The state has so many bytes, as `Space.bytes` counts them. */
  bytes: number;
  /** These are the effective changes, one for each version. */
  readonly changes: Change[] = [];
  readonly history: HistoryRow[] = [];
  readonly state: AnyState;
  readonly #drafts: Record<string, Map<string, DraftRecord>> = {};
  readonly #at: number;
  readonly #tally: Tally | null;
  readonly #model: Model;
  readonly #replaying: boolean;
  readonly #keepIndexes: readonly KeepIndex[];
  /** They are found once, at the end of the group. A log says them. */
  #keyMoves: readonly KeyMove[] | null = null;

  /**
   * `at` is the wall clock's time, `tally` that of the group; null means that nothing is bounded. `keepIndexes` are those
   * of the space. With a `replayModel` it takes logged changes, which were validated and have their evictions among them:
   * there are no indexes then.
   */
  constructor(
    space: Space,
    isNew: boolean,
    at: number,
    tally: Tally | null,
    keepIndexes: readonly KeepIndex[],
    replayModel: Model | null = null,
  ) {
    this.space = space;
    this.isNew = isNew;
    this.version = space.head;
    this.bytes = space.bytes;
    this.#at = at;
    this.#tally = tally;
    this.#model = replayModel ?? space.model;
    this.#replaying = replayModel !== null;
    this.#keepIndexes = keepIndexes;
    const state: Record<string, ReadonlyMap<string, StateRecord>> = {};
    for (const [name, committed] of Object.entries(space.state)) {
      const drafts = new Map<string, DraftRecord>();
      this.#drafts[name] = drafts;
      state[name] = new DraftView(committed, drafts);
    }
    this.state = Object.freeze(state);
  }

  /** `#find` found this last, for the change that it was asked for. Looking again would cost as much as the change. */
  #draft: DraftRecord | undefined;
  #entry: Entry | null = null;

  /** It returns the record as it is now. */
  #find(collection: string, id: string): DraftRecord | Entry | null {
    this.#draft = this.#drafts[collection]?.get(id);
    this.#entry = this.#draft === undefined ? this.space.entry(collection, id) : this.#draft.entry;
    return this.#draft ?? this.#entry;
  }

  /**
   * Applies changes, and the evictions that they cause (rule S3). When it throws `invalid_change`, `undo` says how to take back
   * what was done until then. `undo` may be null where nothing will be taken back.
   */
  add(changes: readonly AskedChange[], undo: UndoLog | null): void {
    // The list is read by index, since it may have been given an iterator of its own.
    const { length } = changes;
    for (let at = 0; at < length; at += 1) this.#applyAsked(takeChange(this.#model, changes[at] as AskedChange), undo);
    for (const index of this.#keepIndexes) this.#evict(index, undo);
  }

  /** Applies a single change, which fails before it has done anything, so `undo` may be null. */
  addOne(change: TakenChange, undo: UndoLog | null): void {
    this.#applyAsked(change, undo);
    for (const index of this.#keepIndexes) this.#evict(index, undo);
  }

  #applyAsked(change: TakenChange, undo: UndoLog | null): void {
    if (change.type === RECORD_EVICTED && !this.#replaying) throw evictionRefused();
    const before = this.#find(change.rule.collection, change.id);
    const effect = effectOfTaken(this.#model, change, before);
    const keys = this.#keysOf(effect);
    const bytes = bytesOfChange(effect);
    if (this.#tally !== null) {
      const bytesBefore = before?.bytes ?? 0;
      const { recordBytes } = effect;
      if (recordBytes > bytesBefore) this.#tally.checkRecord(effect.collection, effect.id, recordBytes, bytesBefore);
      this.#tally.count(1, bytes);
    }
    this.#apply(effect, keys, bytes, undo);
  }

  /** A function of the views may refuse the record, as a validator may (rule V1). */
  #keysOf({ collection, after, moved }: Effect): readonly string[] | null {
    const { views } = this.space;
    if (views === null || after === null || !moved || this.#replaying) return null;
    return views.declared.keysOf(collection, after, this.#entry?.shown?.set?.keys);
  }

  /** The transaction grows by so many `bytes`. */
  #apply(effect: MeasuredEffect, keys: readonly string[] | null, bytes: number, undo: UndoLog | null): void {
    this.version += 1;
    this.changes.push(effect.change);
    undo?.push(() => {
      this.version -= 1;
      this.changes.pop();
      this.#tally?.subtract(1, bytes);
    });
    if (effect.moved) this.#move(effect, keys, undo);
  }

  #move(effect: MeasuredEffect, keys: readonly string[] | null, undo: UndoLog | null): void {
    const { recordBytes } = effect;
    const before = this.#draft ?? this.#entry;
    const growth = stateBytesOf(effect.after, recordBytes) - stateBytesOf(before?.record, before?.bytes ?? 0);
    this.bytes += growth;
    let draft = this.#draft;
    if (draft === undefined) {
      const drafts = this.#drafts[effect.collection] as Map<string, DraftRecord>;
      draft = newDraft(effect, this.#entry);
      drafts.set(effect.id, draft);
      undo?.push(() => {
        this.bytes -= growth;
        drafts.delete(effect.id);
      });
    } else if (undo !== null) {
      const restored = restore(draft);
      undo.push(() => {
        this.bytes -= growth;
        restored();
      });
    }
    draft.bytes = recordBytes;
    draft.keys = keys;
    note(draft, effect, this.version, undo === null);
    for (const index of this.#keepIndexes)
      if (index.collection === effect.collection) this.#noteKept(index, effect, undo);
  }

  #noteKept(index: KeepIndex, effect: Effect, undo: UndoLog | null): void {
    if (index.stale) {
      index.rebuild(this.#touched(effect.collection));
      undo?.push(() => {
        index.stale = true;
      });
    } else if (undo === null) index.note(effect.id, effect.after);
    else undo.push(index.noteWithWayBack(effect.id, effect.after));
  }

  *#touched(collection: string): Iterable<readonly [number, StateRecord]> {
    const drafts = this.#drafts[collection];
    for (const [id, record] of this.state[collection] ?? []) {
      yield [drafts?.get(id)?.version ?? this.space.entry(collection, id)?.version ?? 0, record];
    }
  }

  /** Evicts the records beyond each `keep`, oldest first, as many of them as one transaction may hold (rule E6). */
  evictSome(): void {
    for (const index of this.#keepIndexes) {
      if (index.stale) index.rebuild(this.#touched(index.collection));
      for (let id = index.overflow(); id !== null && this.#tally?.isTransactionFull !== true; id = index.overflow()) {
        this.#evictOne(index.collection, id, null);
      }
    }
  }

  /** A change that will not be taken back evicts one record at most, which no bound stands against. */
  #evict(index: KeepIndex, undo: UndoLog | null): void {
    if (index.stale) index.rebuild(this.#touched(index.collection));
    for (let id = index.overflow(); id !== null; id = index.overflow()) this.#evictOne(index.collection, id, undo);
  }

  #evictOne(collection: string, id: string, undo: UndoLog | null): void {
    const eviction = takeChange(this.#model, { type: RECORD_EVICTED, target: "", data: { collection, id } });
    const found = this.#find(collection, id) as DraftRecord | Entry;
    const effect = effectOfTaken(this.#model, eviction, found);
    const { record, bytes: recordBytes } = found;
    const text = JSON.stringify(record);
    const bytes = this.#tally?.countEviction(recordBytes, undo !== null) ?? 0;
    this.#apply(effect, null, bytes, undo);
    this.#addHistory(collection, id, text, undo);
  }

  /** Every record that is left goes to the history, the one first that was touched first, as if each were evicted. */
  archive(undo: UndoLog): void {
    this.archived = true;
    undo.push(() => {
      this.archived = false;
    });
    const left = Object.keys(this.state).flatMap((collection) => {
      return Array.from(this.#touched(collection), ([version, { id }]) => ({ collection, id, version }));
    });
    for (const { collection, id } of left.sort((a, b) => a.version - b.version)) {
      const { record, bytes } = this.#find(collection, id) as DraftRecord | Entry;
      const counted = this.#tally?.countEviction(bytes, true) ?? 0;
      undo.push(() => this.#tally?.subtract(1, counted));
      this.#addHistory(collection, id, JSON.stringify(record), undo);
    }
  }

  #addHistory(collection: string, id: string, text: string, undo: UndoLog | null): void {
    const { name: space, creationId } = this.space;
    this.history.push({ space, creationId, collection, id, version: this.version, at: this.#at, text });
    undo?.push(() => this.history.pop());
  }

  /** The first change of the space in this epoch makes its lineage row (rule E1). */
  #lineageRow(epoch: string): LineageRow | null {
    const firstVersion = this.space.head + 1;
    return this.version >= firstVersion && !this.space.lineage.begun ? { epoch, firstVersion } : null;
  }

  /** It returns the part of the commit that concerns this space. */
  toCommit(epoch: string): SpaceCommit {
    return {
      name: this.space.name,
      creationId: this.isNew ? this.space.creationId : null,
      removed: this.removed,
      archived: this.archived,
      lineage: this.#lineageRow(epoch),
      firstVersion: this.space.head + 1,
      lastVersion: this.version,
      changes: new LazyText(this.changes, this.#model.changes, this.#movesOfKeys()),
    };
  }

  /** Logged key moves are as true as the changes beside them: no function is run for them (rule V3). */
  replayKeyMoves(moves: readonly KeyMove[]): void {
    this.#keyMoves = moves;
  }

  #movesOfKeys(): readonly KeyMove[] {
    const { views } = this.space;
    if (this.removed) return [];
    if (views === null) return this.#keyMoves ?? [];
    const draft = (collection: string, id: string) => this.#drafts[collection]?.get(id);
    this.#keyMoves ??= keyMovesOf({ space: this.space, drafts: this.#moved(), draft }, views.declared);
    return this.#keyMoves;
  }

  /**
   * Other keys are computed for these records than they had, though none has moved (rule V4). It takes a version, as no group is
   * without one.
   */
  rebuildViews(moves: readonly KeyMove[]): void {
    this.version += 1;
    this.changes.push({ type: VIEWS_REBUILT, target: "", data: {} });
    this.#keyMoves = moves;
  }

  /** The group is durable now, and becomes the committed state. */
  commit(epoch: string, maxTombstones: number): void {
    const row = this.#lineageRow(epoch);
    if (row !== null) this.space.lineage.add(row);
    this.commitReplayed(maxTombstones);
  }

  /** A logged group becomes the committed state. Its lineage row is known already. */
  commitReplayed(maxTombstones: number): void {
    this.space.commit(this.#moved(), this.version, maxTombstones, this.#movesOfKeys());
    this.space.removed = this.removed;
  }

  /** The group came to nothing, so the order in which records leave is read anew from what is committed. */
  discard(): void {
    for (const index of this.#keepIndexes) index.stale = true;
  }

  /** It returns the records that this group moved. */
  #moved(): DraftRecord[] {
    const moved: DraftRecord[] = [];
    for (const name in this.#drafts) {
      for (const draft of this.#drafts[name]?.values() ?? []) moved.push(draft);
    }
    return moved;
  }
}

/** It says how to take back, newest first, what a call did before it failed. */
export type UndoLog = (() => void)[];

/** It is made once: a store reads it several times, and the other nodes are pushed it. */
class LazyText implements ChangesText {
  readonly #changes: readonly Change[];
  readonly #rules: ChangeRules;
  readonly #keyMoves: readonly KeyMove[];
  #text: string | null = null;

  constructor(changes: readonly Change[], rules: ChangeRules, keyMoves: readonly KeyMove[]) {
    this.#changes = changes;
    this.#rules = rules;
    this.#keyMoves = keyMoves;
  }

  /** When this fails nothing has been handed to the disk yet, so nothing has moved. */
  get text(): string {
    try {
      this.#text ??= changesToText(this.#changes, this.#rules, this.#keyMoves);
      return this.#text;
    } catch (error) {
      throw new StoreFailure("nothing_moved", `its changes can't be written as text: ${messageOf(error)}`, error);
    }
  }
}

/** Beside its type, its target and its data, a change takes so many bytes as JSON, with what parts it from the next one. */
const CHANGE_FRAME = '{"type":"","target":,"data":},'.length;

function bytesOfChange({ change: { type, target }, dataBytes }: MeasuredEffect): number {
  return CHANGE_FRAME + type.length + bytesOfString(target) + dataBytes;
}

function evictionRefused(): SyncError {
  return new SyncError("invalid_change", `"${RECORD_EVICTED}" is made by the authority alone (rule S3)`, {
    hint: "Declare a change type of kind `remove`.",
  });
}

function newDraft({ collection, id }: Effect, entry: Entry | null): DraftRecord {
  const { record, bytes } = entry ?? { record: null, bytes: 0 };
  return { collection, id, entry, record, bytes, version: 0, created: 0, fields: [], versions: [], keys: null };
}

/** With `forGood` nothing will be taken back, so a field that moves again is stamped in its place. */
function note(draft: DraftRecord, effect: Effect, version: number, forGood: boolean): void {
  draft.record = effect.after;
  draft.version = version;
  if (effect.patch === null) {
    draft.created = effect.after === null ? 0 : version;
    draft.fields = [];
    draft.versions = [];
    return;
  }
  const { fields, versions } = draft;
  for (const field in effect.patch) {
    // When a field stands there twice the later stamp counts.
    const at = forGood ? fields.lastIndexOf(field) : -1;
    if (at === -1) {
      fields.push(field);
      versions.push(version);
    } else versions[at] = version;
  }
}

function restore(draft: DraftRecord): () => void {
  const { record, bytes, version, created, fields, versions, keys } = draft;
  const length = fields.length;
  return () => {
    fields.length = length;
    versions.length = length;
    Object.assign(draft, { record, bytes, version, created, fields, versions, keys });
  };
}
