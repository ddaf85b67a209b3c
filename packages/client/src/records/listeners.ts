/** The listeners of a replica are told of the records that they asked for, and of no others. */

import type { MovedRecords } from "./replica-records.ts";

/** The cost of a moved record goes by its own listeners and those of its collection, not by all there are. */
export class Listeners {
  readonly #all = new Set<Listener>();
  readonly #collections = new Map<string, Set<Listener>>();
  readonly #records = new Map<string, Map<string, Set<Listener>>>();

  onAny(listener: Listener): Unsubscribe {
    // The same function may be subscribed twice. A listener that leaves while others are told hears nothing more.
    const own = (): void => {
      if (this.#all.has(own)) listener();
    };
    this.#all.add(own);
    return () => this.#all.delete(own);
  }

  onCollection(collection: string, listener: Listener): Unsubscribe {
    return addTo(this.#collections, collection, listener);
  }

  onRecord(collection: string, id: string, listener: Listener): Unsubscribe {
    let records = this.#records.get(collection);
    if (records === undefined) {
      records = new Map();
      this.#records.set(collection, records);
    }
    return addTo(records, id, listener);
  }

  /** Returns every listener that is concerned, each of them once. */
  concerned(moved: MovedRecords): Set<Listener> {
    const concerned = new Set<Listener>();
    for (const [collection, ids] of moved) {
      addAll(concerned, this.#collections.get(collection));
      const records = this.#records.get(collection);
      if (records === undefined) continue;
      for (const id of ids) addAll(concerned, records.get(id));
    }
    return concerned;
  }

  /** Returns the listeners of this moment. Those who come or leave meanwhile change nothing in it. */
  all(): readonly Listener[] {
    return [...this.#all];
  }
}

export type Listener = () => void;
export type Unsubscribe = () => void;

function addTo(map: Map<string, Set<Listener>>, key: string, listener: Listener): Unsubscribe {
  const listeners = map.get(key) ?? new Set();
  const own = (): void => {
    if (listeners.has(own)) listener();
  };
  map.set(key, listeners.add(own));
  return () => {
    listeners.delete(own);
    if (listeners.size === 0 && map.get(key) === listeners) map.delete(key);
  };
}

function addAll(to: Set<Listener>, from: Iterable<Listener> | undefined): void {
  if (from !== undefined) for (const listener of from) to.add(listener);
}
