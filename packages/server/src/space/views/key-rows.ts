/** Key rows are how the store keeps who may see a record, and could: as records of collections that no model declares (rule V9). */

import type { StoredRecord } from "../../store/contract.ts";
import type { Entry } from "../entry.ts";
import { KeySet } from "./key-sets.ts";
import type { SpaceViews } from "./space-views.ts";
import { shownOf } from "./space-views.ts";
import type { FormerSet, Visibility } from "./visibility.ts";

/** The collection `~hosts` holds the key rows of `hosts`. A model may not declare such a name. */
const MARK = "~";
/** No collection has an empty name, or one that begins with the mark. */
const FLOORS = MARK;
const FLOOR_OF_ALL = `${MARK}${MARK}`;

export function isKeyRow({ collection }: { readonly collection: string }): boolean {
  return collection.startsWith(MARK);
}

/** It names the collection whose key rows stand in this one. */
export function collectionOfRows(name: string): string {
  return name.slice(MARK.length);
}

function rowsOf(collection: string): string {
  return MARK + collection;
}

/** A key row on its way to the store. Its text is made when the store comes to it, of what was true at the fold. */
export class FoldedKeys implements StoredRecord {
  readonly collection: string;
  readonly id: string;
  readonly version: number;
  readonly #newest: FormerSet;
  readonly #former: readonly FormerSet[];
  readonly #movedAt: number;
  readonly #fields: Readonly<Record<string, number>> | null;

  constructor({ collection, id, version }: Entry, { set, since, former, movedAt, fields }: Visibility) {
    this.collection = rowsOf(collection);
    this.id = id;
    this.version = version;
    this.#newest = { set, since };
    this.#former = former;
    this.#movedAt = movedAt;
    this.#fields = fields === null ? null : { ...fields };
  }

  get text(): string {
    const sets = [this.#newest, ...this.#former].map(({ set, since }) => [since, set?.keys ?? []] as const);
    const kept: KeptRow = { sets, movedAt: this.#movedAt, ...(this.#fields === null ? {} : { fields: this.#fields }) };
    return JSON.stringify(kept);
  }
}

export function floorRow(key: string, floor: number, version: number): StoredRecord {
  return { collection: FLOORS, id: key, version, text: JSON.stringify({ floor }) };
}

export function floorOfAllRow(floor: number, version: number): StoredRecord {
  return { collection: FLOOR_OF_ALL, id: "all", version, text: JSON.stringify({ floor }) };
}

export function isFloorRow({ collection }: StoredRecord): boolean {
  return collection === FLOORS || collection === FLOOR_OF_ALL;
}

/** The entry is from now on as the row says. Where its record has moved since, that is what its own row says (`Visibility.isStored`). */
export function takeKeyRow(entry: Entry, { text, version }: StoredRecord, views: SpaceViews): void {
  const { sets, movedAt, fields } = JSON.parse(text) as KeptRow;
  const shown = shownOf(entry);
  const [[since, keys] = [0, []], ...former] = sets;
  views.place(entry, keys, since);
  shown.since = since;
  shown.former = former.map(([held, names]): FormerSet => {
    return { set: names.length === 0 ? null : new KeySet(entry.collection, names), since: held };
  });
  shown.movedAt = entry.version > version ? entry.version : movedAt;
  shown.fields = fields === undefined ? null : { ...fields };
}

export function takeFloorRow({ collection, id, text, version: raisedAt }: StoredRecord, { floors }: SpaceViews): void {
  const version = (JSON.parse(text) as { readonly floor: number }).floor;
  if (collection === FLOORS) floors.set(id, { version, raisedAt });
  else floors.all = { version, raisedAt };
}

interface KeptRow {
  /** The set that holds now comes first. */
  readonly sets: readonly (readonly [since: number, keys: readonly string[]])[];
  readonly movedAt: number;
  readonly fields?: Readonly<Record<string, number>>;
}
