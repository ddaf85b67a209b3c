/** A key set is the keys that records of one collection have: those that have the same ones share it, and a view shows all of them or none. */

import { addHash, type Lens, type RecordHash, subtractHash, ZERO_HASH } from "@neverstale/protocol";

export class KeySet {
  readonly collection: string;
  /** They are in order, each once. There is at least one. */
  readonly keys: readonly string[];
  /** So many records have it now. */
  records = 0;
  readonly #sums = new Map<Lens, RecordHash>();

  constructor(collection: string, keys: readonly string[]) {
    this.collection = collection;
    this.keys = keys;
  }

  has(keys: readonly string[]): boolean {
    if (keys === this.keys) return true;
    if (keys.length !== this.keys.length) return false;
    for (let at = 0; at < keys.length; at += 1) if (keys[at] !== this.keys[at]) return false;
    return true;
  }

  /** It returns the sum of the hashes of its records, as the lens shows them. */
  sum(lens: Lens): RecordHash {
    return this.#sums.get(lens) ?? ZERO_HASH;
  }

  add(lens: Lens, hash: RecordHash): void {
    this.#sums.set(lens, addHash(this.sum(lens), hash));
  }

  subtract(lens: Lens, hash: RecordHash): void {
    this.#sums.set(lens, subtractHash(this.sum(lens), hash));
  }
}

/** The key sets of a space, each made once for as long as records have it. */
export class KeySets {
  readonly #byName = new Map<string, KeySet>();
  readonly #byKey = new Map<string, Set<KeySet>>();

  /** Null stands for no keys at all, as a record has that is not there. */
  of(collection: string, keys: readonly string[]): KeySet | null {
    if (keys.length === 0) return null;
    const name = nameOf(collection, keys);
    let set = this.#byName.get(name);
    if (set === undefined) {
      set = new KeySet(collection, Object.freeze([...keys]));
      this.#byName.set(name, set);
      for (const key of keys) this.#setsOf(key).add(set);
    }
    return set;
  }

  #setsOf(key: string): Set<KeySet> {
    let sets = this.#byKey.get(key);
    if (sets === undefined) {
      sets = new Set();
      this.#byKey.set(key, sets);
    }
    return sets;
  }

  /** One record less has the set, and it is forgotten with the last. */
  left(set: KeySet): void {
    set.records -= 1;
    if (set.records > 0) return;
    const name = nameOf(set.collection, set.keys);
    if (this.#byName.get(name) === set) this.#byName.delete(name);
    for (const key of set.keys) {
      const sets = this.#byKey.get(key);
      sets?.delete(set);
      if (sets?.size === 0) this.#byKey.delete(key);
    }
  }

  /** It returns the sets that have one of these keys, each once. */
  withOneOf(keys: Iterable<string>): Set<KeySet> {
    const found = new Set<KeySet>();
    for (const key of keys) for (const set of this.#byKey.get(key) ?? []) found.add(set);
    return found;
  }

  get size(): number {
    return this.#byName.size;
  }
}

function nameOf(collection: string, keys: readonly string[]): string {
  return JSON.stringify([collection, keys]);
}
