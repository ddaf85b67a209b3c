/** A space is the committed state of one name, in memory, and all that is needed to bring any cursor up to it. */

import {
  type AnyState,
  type AnyViews,
  addHash,
  bytesOfObject,
  type Diff,
  formatDigest,
  freezeJson,
  type JsonValue,
  type Model,
  type RecordHash,
  recordHash,
  type StateRecord,
  sameField,
  subtractHash,
  type ViewProof,
  ZERO_HASH,
} from "@neverstale/protocol";
import type { Fold, SpaceContents, StoredRecord, StoredTombstone } from "../store/contract.ts";
import { type Entry, MAX_STAMPS, newEntry, stampField, startAnew, TouchedList } from "./entry.ts";
import { type Epochs, SpaceLineage } from "./lineage.ts";
import type { Capture, Readable } from "./readable.ts";
import { type DraftRecord, RecordsView } from "./records-view.ts";
import type { KeyMove } from "./views/key-moves.ts";
import {
  collectionOfRows,
  FoldedKeys,
  floorOfAllRow,
  floorRow,
  isFloorRow,
  isKeyRow,
  takeFloorRow,
  takeKeyRow,
} from "./views/key-rows.ts";
import { SpaceViews } from "./views/space-views.ts";

/**
 * Each record knows which version last touched it and each of its fields, and all of them hang in one list in that order (rule
 * A5).
 */
export class Space implements Readable {
  readonly name: string;
  readonly creationId: string;
  readonly model: Model;
  readonly lineage: SpaceLineage;
  /** It is null where nothing of the space may be hidden from who follows it. */
  readonly views: SpaceViews | null;
  /** This is the committed version. */
  head = 0;
  /** The space has ended: nothing follows or changes it any more. */
  removed = false;
  /** A position below this version can't be served by a diff, since tombstones that it needs are gone. */
  tombstoneFloor = 0;
  /** All records have so many bytes, with one more for each, which parts it from the next in a full state (rule S8). */
  bytes = 0;
  /** The largest record that there has been since the start has so many bytes. */
  largestRecordBytes = 0;
  /** Up to this version the store's records are written. */
  foldedVersion = 0;
  /** This is the floor of the tombstones that the store has. */
  #foldedFloor = 0;
  #state: AnyState = Object.freeze({});
  readonly #collections: Record<string, Map<string, Entry>> = {};
  readonly #tombstones = new Map<string, Entry>();
  /** These were removed since the last fold, and no tombstone of them is kept. The store still has their records. */
  readonly #unfolded = new Map<string, Entry>();
  /** No key row is needed of these any more, and the store may have one. */
  readonly #unkept = new Map<string, StoredTombstone>();
  #unkeptInFold: ReadonlyMap<string, StoredTombstone> = new Map();
  readonly #touched = new TouchedList();
  #sum: RecordHash = ZERO_HASH;
  #unsummed: Entry[] = [];

  constructor(name: string, creationId: string, model: Model, lineage: SpaceLineage, declared: AnyViews | null = null) {
    this.name = name;
    this.creationId = creationId;
    this.model = model;
    this.lineage = lineage;
    this.views = declared === null ? null : new SpaceViews(declared);
    for (const collection of Object.keys(model.collections)) this.#addCollection(collection);
  }

  /** It returns the records by collection, for whoever reads. Nothing of it can be altered from outside. */
  get state(): AnyState {
    return this.#state;
  }

  #addCollection(name: string): void {
    const entries = new Map<string, Entry>();
    this.#collections[name] = entries;
    this.#state = Object.freeze({ ...this.#state, [name]: new RecordsView(entries) });
  }

  /** Takes in a collection that the model doesn't declare any more, for as long as its past is read at the start. */
  adopt(collection: string): void {
    if (!Object.hasOwn(this.#collections, collection)) this.#addCollection(collection);
  }

  /** Ends the collections that were adopted. It returns the name of one that still holds records, or null when none does. */
  dropAdopted(): string | null {
    for (const name of Object.keys(this.#collections)) {
      if (Object.hasOwn(this.model.collections, name)) continue;
      if (this.#entriesOf(name).size > 0) return name;
      delete this.#collections[name];
      const { [name]: _, ...left } = this.#state;
      this.#state = Object.freeze(left);
      // There is no diff for a replica that may still hold records of it.
      for (const [key, entry] of this.#tombstones) if (entry.collection === name) this.#forget(key, entry);
    }
    return null;
  }

  /** It returns a record that is there, with what the authority keeps of it, or null when there is none. */
  entry(collection: string, id: string): Entry | null {
    return this.#collections[collection]?.get(id) ?? null;
  }

  /** It returns the entries of a collection. */
  entries(collection: string): Iterable<Entry> {
    return this.#collections[collection]?.values() ?? [];
  }

  /** All entries hang behind it, each older than the one before. */
  get newest(): Entry | null {
    return this.#touched.newest;
  }

  get tombstones(): number {
    return this.#tombstones.size;
  }

  /** So many removed records may still be in the store though no tombstone is kept of them. They grow while folds fail. */
  get unfoldedRemovals(): number {
    return this.#unfolded.size;
  }

  get records(): number {
    let count = 0;
    for (const name in this.#collections) count += this.#collections[name]?.size ?? 0;
    return count;
  }

  /** Takes in what a group did to this space. Afterwards `head` is the group's last version. */
  commit(
    drafts: readonly DraftRecord[],
    head: number,
    maxTombstones: number,
    keyMoves: readonly KeyMove[] = NO_MOVES,
  ): void {
    const before = this.head;
    for (const draft of inOrderOfVersion(drafts)) this.#apply(draft, head);
    this.head = head;
    if (keyMoves.length > 0) {
      if (this.views !== null) this.#moveKeys(this.views, keyMoves, before);
      else this.#unkeep(floorOfAllRow(0, 0), this.tombstoneFloor); // A release logged them that has views.
    }
    this.trimTombstones(maxTombstones);
  }

  /** A record that the group has not moved becomes the newest all the same, so that a diff of a view meets it. */
  #moveKeys(views: SpaceViews, moves: readonly KeyMove[], before: number): void {
    for (const [collection, id, keys] of moves) {
      const entry = this.entry(collection, id);
      if (entry === null) continue;
      views.place(entry, keys, this.head);
      if (entry.version <= before) this.#touched.touch(entry, this.head);
      this.#unsum(entry);
    }
    this.#boundFloors(views);
  }

  #boundFloors({ floors }: SpaceViews): void {
    for (const key of floors.bound(this.#forgottenAt)) this.#unkeep(floorRow(key, 0, 0), this.tombstoneFloor);
  }

  /** It says nothing beyond that version, below which the store keeps no tombstone. */
  #unkeep({ collection, id }: Pick<StoredRecord, "collection" | "id">, version: number): void {
    this.#unkept.set(tombstoneKey({ collection, id }), { collection, id, version });
  }

  #apply(draft: DraftRecord, head: number): void {
    const entries = this.#entriesOf(draft.collection);
    const entry = draft.entry ?? this.#removeTombstone(draft) ?? newEntry(draft.collection, draft.id);
    if (draft.record === null) {
      entries.delete(draft.id);
      this.#tombstones.set(tombstoneKey(draft), entry);
    } else {
      if (entry.record === null) entries.set(draft.id, entry);
      if (draft.created > 0) startAnew(entry, draft.created);
      for (let i = 0; i < draft.fields.length; i += 1) {
        if (this.views !== null && hasStill(entry, draft, draft.fields[i] as string)) continue;
        stampField(entry, draft.fields[i] as string, draft.versions[i] as number);
      }
      if (entry.stampCount > MAX_STAMPS) startAnew(entry, draft.version);
    }
    if (this.views !== null) this.views.moved(entry, draft, head);
    this.#replace(entry, draft.record, draft.bytes);
    this.#touched.touch(entry, draft.version);
  }

  /** It returns what is left of a record that was removed, and forgets it. */
  #removeTombstone(draft: DraftRecord): Entry | undefined {
    if (this.#tombstones.size === 0 && this.#unfolded.size === 0) return undefined;
    const key = tombstoneKey(draft);
    const entry = this.#tombstones.get(key);
    this.#tombstones.delete(key);
    this.#unfolded.delete(key);
    return entry;
  }

  #replace(entry: Entry, record: StateRecord | null, bytes: number): void {
    this.bytes += stateBytesOf(record, bytes) - stateBytesOf(entry.record, entry.bytes);
    if (bytes > this.largestRecordBytes) this.largestRecordBytes = bytes;
    entry.record = record;
    entry.bytes = bytes;
    this.#unsum(entry);
  }

  #unsum(entry: Entry): void {
    if (entry.unsummed) return;
    entry.unsummed = true;
    this.#unsummed.push(entry);
  }

  /** Forgets the oldest tombstones, down to so many. */
  trimTombstones(max: number): void {
    for (const [key, entry] of this.#tombstones) {
      if (this.#tombstones.size <= max) return;
      this.#forget(key, entry);
    }
  }

  #forget(key: string, entry: Entry): void {
    this.#tombstones.delete(key);
    this.#touched.unlink(entry);
    if (entry.version > this.foldedVersion) this.#unfolded.set(key, entry);
    if (this.views !== null && entry.shown !== null) {
      this.views.forget(entry.shown, this.#forgottenAt);
      this.#unkeep(new FoldedKeys(entry, entry.shown), entry.version);
      this.#boundFloors(this.views);
    }
    this.tombstoneFloor = Math.max(this.tombstoneFloor, entry.version);
  }

  /** The next fold has what is forgotten now, also where it is forgotten at a start and nothing else has moved. */
  get #forgottenAt(): number {
    return Math.max(this.head, this.foldedVersion + 1);
  }

  #entriesOf(collection: string): Map<string, Entry> {
    const entries = this.#collections[collection];
    if (entries === undefined) throw new Error(`assertion failed: "${this.name}" has no collection "${collection}"`);
    return entries;
  }

  /** The position can be brought to the head by a diff. */
  canDiffFrom(version: number): boolean {
    return version >= this.tombstoneFloor && version <= this.head;
  }

  /** It returns what moved since `from`: exact by field where the record is older than the cursor, else the whole record. */
  diffSince(from: number): Diff {
    const diff: Record<string, Moved> = {};
    for (let entry = this.#touched.newest; entry !== null && entry.version > from; entry = entry.older) {
      if (entry.shown !== null && entry.shown.movedAt <= from) continue; // Only its keys have moved.
      // A name may be that of a member of Object.prototype, so only own members count.
      if (!Object.hasOwn(diff, entry.collection)) diff[entry.collection] = {};
      addMoved(diff[entry.collection] as Moved, entry, from);
    }
    return diff as Diff;
  }

  /** It names the fields of a record that moved since `from`. Null means that a diff from there has the whole record, or its removal. */
  fieldsMovedSince(collection: string, id: string, from: number): readonly string[] | null {
    const entry = this.entry(collection, id) ?? this.#tombstones.get(tombstoneKey({ collection, id }));
    if (entry === undefined || entry.version <= from) return NO_FIELDS;
    if (entry.shown !== null && entry.shown.movedAt <= from) return NO_FIELDS;
    const { record, created, stamps } = entry;
    if (record === null || created > from || stamps === null) return null;
    return Object.keys(stamps).filter((field) => (stamps[field] as number) > from);
  }

  /**
   * It counts the bytes of the records that a diff from there is about, no further than `limit`. The diff's text is no longer
   * than that.
   */
  movedBytes(from: number, limit: number): number {
    if ((this.head - from) * this.largestRecordBytes <= limit) return 0;
    let bytes = 0;
    for (let entry = this.#touched.newest; entry !== null && entry.version > from; entry = entry.older) {
      bytes += entry.record === null ? entry.id.length : entry.bytes;
      if (bytes > limit) break;
    }
    return bytes;
  }

  /** All records as JSON have more than so many UTF-16 code units. It looks at no more of them than it takes to know. */
  isTextLongerThan(limit: number): boolean {
    let chars = 0;
    for (const name in this.#collections) {
      for (const { record } of this.#entriesOf(name).values()) {
        chars += JSON.stringify(record).length;
        if (chars > limit) return true;
      }
    }
    return false;
  }

  /** It returns the digest of the committed state, brought up to date over what moved since it was last asked for (rule G2). */
  digest(): string {
    this.sumSome(this.#unsummed.length);
    return formatDigest(this.#sum);
  }

  /** So many records have moved that the digest has not been brought on over. */
  get unsummed(): number {
    return this.#unsummed.length;
  }

  /** Brings the digest on over so many records. It returns true when it is up to date then. */
  sumSome(records: number): boolean {
    for (const entry of this.#unsummed.splice(-records, records)) {
      entry.unsummed = false;
      if (entry.summed !== null) this.#sum = subtractHash(this.#sum, entry.summed);
      entry.summed = entry.record === null ? null : recordHash(entry.collection, entry.id, entry.record);
      if (entry.summed !== null) this.#sum = addHash(this.#sum, entry.summed);
      this.views?.sum(entry, entry.summed);
    }
    return this.#unsummed.length === 0;
  }

  /** It returns the state as it is now, for a reader that works on it later. Records are never altered, only replaced. */
  capture(): Capture {
    const collections = Object.keys(this.#collections).map((name) => {
      return { name, records: Array.from(this.#entriesOf(name).values(), (entry) => entry.record as StateRecord) };
    });
    return { version: this.head, digest: this.digest(), collections };
  }

  /** All of it is shown to whoever follows it. */
  proofAt(): null {
    return null;
  }

  /** A replica of a view lacks what the view hides. */
  accepts(_: string, __: number, shown: ViewProof | undefined): boolean {
    return shown === undefined;
  }

  /** The store lacks nothing of it. */
  get isFolded(): boolean {
    return this.foldedVersion === this.head && this.#foldedFloor === this.tombstoneFloor;
  }

  /** The fold is stored. */
  folded({ version, tombstoneFloor }: Pick<Fold, "version" | "tombstoneFloor">): void {
    this.foldedVersion = version;
    this.#foldedFloor = tombstoneFloor;
    for (const [key, entry] of this.#unfolded) if (entry.version <= version) this.#unfolded.delete(key);
    // A record may have come back and gone again since the fold began: then the row that the fold wrote is to go with the next one.
    for (const [key, row] of this.#unkeptInFold) if (this.#unkept.get(key) === row) this.#unkept.delete(key);
    this.#unkeptInFold = new Map();
  }

  /** Key rows that the store gives back, for what there is by now. The others go with the next fold. */
  restoreKeys(rows: readonly StoredRecord[]): void {
    for (const row of rows) {
      const collection = collectionOfRows(row.collection);
      const entry = this.entry(collection, row.id) ?? this.#tombstones.get(tombstoneKey({ collection, id: row.id }));
      if (this.views !== null && isFloorRow(row)) takeFloorRow(row, this.views);
      else if (this.views === null || entry === undefined) this.#unkeep(row, this.tombstoneFloor);
      else {
        takeKeyRow(entry, row, this.views);
        this.#unsum(entry);
      }
    }
  }

  #foldKeys(records: StoredRecord[], tombstones: StoredTombstone[]): void {
    if (this.views !== null) this.#foldFloors(this.views, records);
    // Nobody keeps on with what a release remembered that had views: one that has them again resumes nothing from before (rule V9).
    else if (this.#unkept.size > 0) records.push(floorOfAllRow(this.head, this.head));
    this.#unkeptInFold = new Map(this.#unkept);
    if (this.#unkept.size === 0) return;
    const written = new Set(records.map(tombstoneKey));
    for (const [key, row] of this.#unkept) if (!written.has(key)) tombstones.push(row);
  }

  #foldFloors({ floors }: SpaceViews, records: StoredRecord[]): void {
    for (const [key, floor] of floors.raisedAfter(this.foldedVersion)) records.push(floorRow(key, floor, this.head));
    if (floors.all.raisedAt > this.foldedVersion) records.push(floorOfAllRow(floors.all.version, this.head));
  }

  /** It returns all records as the store keeps them, and beside them who may see them. Their texts are made when they are read. */
  rows(): readonly StoredRecord[] {
    const rows: StoredRecord[] = [];
    for (const name in this.#collections) {
      for (const entry of this.#entriesOf(name).values()) {
        rows.push(new FoldedRecord(entry, entry.record as StateRecord));
        if (entry.shown !== null) rows.push(new FoldedKeys(entry, entry.shown));
      }
    }
    return rows;
  }

  /** It returns what the store's records lack. */
  fold(digest: string | null): Fold {
    const records: StoredRecord[] = [];
    const tombstones: StoredTombstone[] = [];
    for (let entry = this.#touched.newest; entry !== null && entry.version > this.foldedVersion; entry = entry.older) {
      const { collection, id, version } = entry;
      if (entry.record === null) tombstones.push({ collection, id, version });
      else records.push(new FoldedRecord(entry, entry.record));
      if (entry.shown !== null && !entry.shown.isStored(this.foldedVersion, version))
        records.push(new FoldedKeys(entry, entry.shown));
    }
    this.#foldKeys(records, tombstones);
    for (const { collection, id, version } of this.#unfolded.values()) tombstones.push({ collection, id, version });
    const { name, creationId, foldedVersion: after, head, tombstoneFloor } = this;
    return { space: name, creationId, after, version: head, records, tombstones, tombstoneFloor, digest };
  }
}

const NO_MOVES: readonly KeyMove[] = Object.freeze([]);
const NO_FIELDS: readonly string[] = Object.freeze([]);

/** It is the part of a diff that is under construction. It is sent as it is. */
export interface Moved {
  put?: StateRecord[];
  set?: Record<string, Record<string, JsonValue>>;
  unset?: Record<string, string[]>;
  remove?: string[];
}

/**
 * A record is on its way to the store. Its text is made when the store comes to it, and not kept, or a large state would hold
 * every record twice.
 */
class FoldedRecord implements StoredRecord {
  readonly collection: string;
  readonly id: string;
  readonly version: number;
  readonly #record: StateRecord;

  constructor({ collection, id, version }: Entry, record: StateRecord) {
    this.collection = collection;
    this.id = id;
    this.version = version;
    this.#record = record;
  }

  get text(): string {
    return JSON.stringify(this.#record);
  }
}

function addMoved(moved: Moved, entry: Entry, from: number): void {
  if (entry.record === null) {
    moved.remove ??= [];
    moved.remove.push(entry.id);
  } else if (entry.created > from || entry.stamps === null) {
    moved.put ??= [];
    moved.put.push(entry.record);
  } else {
    addFields(moved, entry.id, entry.record, entry.stamps, from);
  }
}

/** It adds those of the fields that a stamp says have moved after `from`, and returns whether there were any. */
export function addFields(
  moved: Moved,
  id: string,
  record: StateRecord,
  stamps: Readonly<Record<string, number>>,
  from: number,
): boolean {
  let set: Record<string, JsonValue> | null = null;
  let unset: string[] | null = null;
  for (const field in stamps) {
    if ((stamps[field] as number) <= from) continue;
    if (Object.hasOwn(record, field)) {
      set ??= {};
      set[field] = record[field] as JsonValue;
    } else {
      unset ??= [];
      unset.push(field);
    }
  }
  if (set !== null) {
    moved.set ??= {};
    moved.set[id] = set;
  }
  if (unset !== null) {
    moved.unset ??= {};
    moved.unset[id] = unset;
  }
  return set !== null || unset !== null;
}

/** The field came and went within the group, which nobody of a view may be told (rule V8). */
function hasStill({ record }: Entry, draft: DraftRecord, field: string): boolean {
  return draft.created === 0 && record !== null && draft.record !== null && sameField(record, draft.record, field);
}

function inOrderOfVersion(drafts: readonly DraftRecord[]): readonly DraftRecord[] {
  for (let i = 1; i < drafts.length; i += 1) {
    if ((drafts[i - 1] as DraftRecord).version > (drafts[i] as DraftRecord).version) {
      return [...drafts].sort((a, b) => a.version - b.version);
    }
  }
  return drafts;
}

function tombstoneKey({ collection, id }: Pick<DraftRecord, "collection" | "id">): string {
  return `${collection}\0${id}`;
}

/** A record adds so much to the bytes of its state. */
export function stateBytesOf(record: StateRecord | null | undefined, bytes: number): number {
  return record === null || record === undefined ? 0 : bytes + 1;
}

/** It makes a space of the folded records that the store gives back. The log after them is not in it yet. */
export function spaceFromStore(
  contents: SpaceContents,
  model: Model,
  views: AnyViews | null,
  epochs: Epochs,
  maxTombstones: number,
): Space {
  const lineage = new SpaceLineage(epochs, contents.lineage);
  const space = new Space(contents.name, contents.creationId, model, lineage, views);
  const { foldedVersion: version, tombstoneFloor } = contents;
  const rows = [...contents.records, ...contents.tombstones].filter((row) => !isKeyRow(row));
  for (const { collection } of rows) space.adopt(collection);
  rows.sort((a, b) => a.version - b.version);
  space.tombstoneFloor = tombstoneFloor;
  space.commit(rows.map(restoredDraft), version, Number.POSITIVE_INFINITY);
  space.folded({ version, tombstoneFloor }); // What is forgotten from here on is for the next fold.
  space.restoreKeys(contents.records.filter(isKeyRow));
  space.trimTombstones(maxTombstones);
  return space;
}

export function restoredDraft(row: StoredRecord | StoredTombstone): DraftRecord {
  const { collection, id, version } = row;
  const record = "text" in row ? freezeJson(JSON.parse(row.text) as StateRecord) : null;
  const bytes = record === null ? 0 : bytesOfObject(record);
  return {
    collection,
    id,
    entry: null,
    record,
    bytes,
    version,
    created: version,
    fields: [],
    versions: [],
    keys: null,
  };
}
