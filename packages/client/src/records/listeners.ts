/** The listeners of a replica are told of the records that they asked for, and of no others. */

import type { MovedRecords } from "./replica-records.ts";

/** The cost of a moved record goes by its own listeners and those of its collection, not by all there are. */
export class Listeners {
  /** Those of a collection stand under its name, and those of a record under both names. */
  readonly #of = new Map<string, Set<Listener>>();

  onAny(listener: Listener): Unsubscribe {
    return this.#add(ANY, listener);
  }

  onCollection(collection: string, listener: Listener): Unsubscribe {
    return this.#add(collection, listener);
  }

  onRecord(collection: string, id: string, listener: Listener): Unsubscribe {
    return this.#add(`${collection}\0${id}`, listener);
  }

  /** A function may be subscribed twice. A listener that leaves while others are told hears nothing more. */
  #add(key: string, listener: Listener): Unsubscribe {
    const listeners = this.#of.get(key) ?? new Set();
    const own = (): void => {
      if (listeners.has(own)) listener();
    };
    this.#of.set(key, listeners.add(own));
    return () => {
      listeners.delete(own);
      if (listeners.size === 0 && this.#of.get(key) === listeners) this.#of.delete(key);
    };
  }

  /** Returns every listener that is concerned, each of them once. */
  concerned(moved: MovedRecords): Set<Listener> {
    const concerned = new Set<Listener>();
    const concern = (key: string): void => this.#of.get(key)?.forEach((listener) => void concerned.add(listener));
    for (const [collection, ids] of moved) {
      concern(collection);
      for (const id of ids) concern(`${collection}\0${id}`);
    }
    return concerned;
  }

  /** Returns the listeners of this moment. Those who come or leave meanwhile change nothing in it. */
  all(): readonly Listener[] {
    return [...(this.#of.get(ANY) ?? [])];
  }
}

/** No collection has this name. */
const ANY = "";

export type Listener = () => void;
export type Unsubscribe = () => void;
