/** A read log notes what is read of a state, so that a selection knows when it is out of date. */

import type { AnyState, StateRecord } from "@neverstale/protocol";

/** It notes what is read through its `view`. */
export class ReadLog {
  readonly view: AnyState;
  readonly #collections = new Map<string, CollectionReads>();

  constructor(state: AnyState) {
    const readsOf = (name: string): CollectionReads => this.#readsOf(name);
    this.view = new Proxy(state, {
      get: (target, name) => {
        if (typeof name === "symbol") return Reflect.get(target, name);
        return new TrackedCollection(() => target[name] ?? NO_RECORDS, readsOf(name));
      },
      ownKeys: (target) => {
        readsOf(NAMES).whole = true;
        return Reflect.ownKeys(target);
      },
      has: (target, name) => {
        readsOf(NAMES).whole = true;
        return Reflect.has(target, name);
      },
    });
  }

  #readsOf(name: string): CollectionReads {
    const known = this.#collections.get(name) ?? { ids: new Set(), whole: false, unasked: 0 };
    this.#collections.set(name, known);
    return known;
  }

  /** Whoever has `result` may read every record of a collection that is part of it. */
  handOut(result: unknown): void {
    let left = NODES_LOOKED_AT;
    const look = (value: unknown): void => {
      if (typeof value !== "object" || value === null || left-- <= 0) return;
      if (value instanceof TrackedCollection) value.handOut();
      else if (Array.isArray(value)) value.forEach(look);
      else if (Object.getPrototypeOf(value) === Object.prototype) Object.values(value).forEach(look);
    };
    look(result);
  }

  /** It adds what was read elsewhere for the same purpose. */
  include(reads: Reads): void {
    for (const [name, ids] of reads) {
      const known = this.#readsOf(name);
      if (ids === WHOLE) known.whole = true;
      else for (const id of ids) known.ids.add(id);
    }
  }

  get reads(): Reads {
    const reads = new Map<string, ReadonlySet<string> | typeof WHOLE>();
    for (const [name, { ids, whole, unasked }] of this.#collections)
      reads.set(name, whole || unasked > 0 ? WHOLE : new Set(ids));
    return reads;
  }
}

interface CollectionReads {
  readonly ids: Set<string>;
  whole: boolean;
  /** Counts how often it was handed out and then asked for nothing: whoever has it may still do so. */
  unasked: number;
}

/** A tracked collection notes what is asked of it. */
class TrackedCollection implements ReadonlyMap<string, StateRecord> {
  readonly #records: () => ReadonlyMap<string, StateRecord>;
  readonly #reads: CollectionReads;
  #isAsked = false;

  constructor(records: () => ReadonlyMap<string, StateRecord>, reads: CollectionReads) {
    this.#records = records;
    this.#reads = reads;
    reads.unasked++;
  }

  handOut(): void {
    this.#reads.whole = true;
  }

  get(id: string): StateRecord | undefined {
    return this.#lookUp(id).get(id);
  }

  has(id: string): boolean {
    return this.#lookUp(id).has(id);
  }

  get size(): number {
    return this.#readWhole().size;
  }

  forEach(visit: (record: StateRecord, id: string, records: ReadonlyMap<string, StateRecord>) => void): void {
    this.#readWhole().forEach(visit);
  }

  keys(): MapIterator<string> {
    return this.#readWhole().keys();
  }

  values(): MapIterator<StateRecord> {
    return this.#readWhole().values();
  }

  entries(): MapIterator<[string, StateRecord]> {
    return this.#readWhole().entries();
  }

  [Symbol.iterator](): MapIterator<[string, StateRecord]> {
    return this.#readWhole().entries();
  }

  #lookUp(id: string): ReadonlyMap<string, StateRecord> {
    if (!this.#isAsked) this.#reads.unasked--;
    this.#isAsked = true;
    this.#reads.ids.add(id);
    return this.#records();
  }

  #readWhole(): ReadonlyMap<string, StateRecord> {
    this.#reads.whole = true;
    return this.#records();
  }
}

/** All of a collection was read. */
export const WHOLE = null;

/** Somebody asked which collections there are. No collection has this name. */
export const NAMES = "";

const NO_RECORDS: ReadonlyMap<string, StateRecord> = new Map();

/** So much of a result is looked through for collections that it holds. */
const NODES_LOOKED_AT = 1_000;

/** It holds, for each collection, the ids that were looked up, or `WHOLE`. */
export type Reads = ReadonlyMap<string, ReadonlySet<string> | typeof WHOLE>;

export function sameReads(a: Reads, b: Reads): boolean {
  if (a.size !== b.size) return false;
  for (const [collection, ids] of a) {
    const others = b.get(collection);
    if (others === undefined) return false;
    if (ids === WHOLE || others === WHOLE) {
      if (ids !== others) return false;
    } else if (ids.size !== others.size || [...ids].some((id) => !others.has(id))) return false;
  }
  return true;
}
