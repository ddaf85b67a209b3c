/** A paced replica tells its listeners of many changes at once, so that a page is drawn as often as people can see, and not more often. */

import { type Listener, Listeners, type Unsubscribe } from "../records/listeners.ts";
import type { SyncView } from "../views/view.ts";

/**
 * It is the same replica, whose listeners are told later. `later` is given a function, and calls it once, when they may be told of all
 * that has moved until then. The state itself is always the newest. Whatever concerns the connection is told at once.
 */
export function pacedReplica<Own extends PaceableReplica>(sync: Own, later: (tell: () => void) => void): Own {
  const listeners = new PacedListeners(sync, later);
  const paced: Readonly<Record<string, unknown>> = {
    subscribe: (listener: Listener) => listeners.onAny(listener),
    subscribeCollection: (collection: string, listener: Listener) => listeners.onCollection(collection, listener),
    subscribeRecord: (collection: string, id: string, listener: Listener) =>
      listeners.onRecord(collection, id, listener),
    source: { state: sync.state, revision: sync.source.revision, listeners },
  };
  const bound = new Map<string | symbol, unknown>();
  return new Proxy(sync, {
    get: (target, name) => {
      if (typeof name === "string" && Object.hasOwn(paced, name)) return paced[name];
      if (bound.has(name)) return bound.get(name);
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== "function" || name === "constructor") return value;
      const method: unknown = value.bind(target);
      bound.set(name, method);
      return method;
    },
  });
}

/** A `Replica` of any state is one. */
export interface PaceableReplica {
  readonly view: SyncView;
  readonly state: unknown;
  readonly source: { readonly revision: () => number };
  digest(): string;
  subscribe(listener: Listener): Unsubscribe;
  subscribeCollection(collection: never, listener: Listener): Unsubscribe;
  subscribeRecord(collection: never, id: string, listener: Listener): Unsubscribe;
}

/** It follows what its own listeners ask for, notes what of that has moved, and tells them later. */
class PacedListeners extends Listeners {
  readonly #sync: PaceableReplica;
  readonly #later: (tell: () => void) => void;
  readonly #followed = new Map<string, { listeners: number; readonly stop: Unsubscribe }>();
  #moved = new Map<string, string[]>();
  #isAnyMoved = false;
  #isDue = false;
  #view: SyncView;

  constructor(sync: PaceableReplica, later: (tell: () => void) => void) {
    super();
    this.#sync = sync;
    this.#later = later;
    this.#view = sync.view;
  }

  override onAny(listener: Listener): Unsubscribe {
    const follow = () => {
      this.#view = this.#sync.view;
      return this.#sync.subscribe(() => this.#hear());
    };
    return this.#share("", super.onAny(listener), follow);
  }

  override onCollection(collection: string, listener: Listener): Unsubscribe {
    const follow = () => this.#sync.subscribeCollection(collection as never, () => this.#note(collection));
    return this.#share(collection, super.onCollection(collection, listener), follow);
  }

  override onRecord(collection: string, id: string, listener: Listener): Unsubscribe {
    const follow = () => this.#sync.subscribeRecord(collection as never, id, () => this.#note(collection, id));
    return this.#share(`${collection}\0${id}`, super.onRecord(collection, id, listener), follow);
  }

  /** However many listeners ask for the same, the replica has one for them. */
  #share(key: string, leave: Unsubscribe, follow: () => Unsubscribe): Unsubscribe {
    const known = this.#followed.get(key) ?? { listeners: 0, stop: follow() };
    known.listeners += 1;
    this.#followed.set(key, known);
    let isHere = true;
    return () => {
      leave();
      if (!isHere) return;
      isHere = false;
      known.listeners -= 1;
      if (known.listeners > 0) return;
      known.stop();
      this.#followed.delete(key);
    };
  }

  #note(collection: string, id?: string): void {
    const moved = this.#moved.get(collection) ?? [];
    if (id !== undefined) moved.push(id);
    this.#moved.set(collection, moved);
    this.#await();
  }

  #hear(): void {
    const before = this.#view;
    this.#view = this.#sync.view;
    this.#isAnyMoved = true;
    if (isAboutConnection(before, this.#view)) this.#tell();
    else this.#await();
  }

  #await(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    this.#later(() => {
      this.#isDue = false;
      this.#tell();
    });
  }

  /** It tells every listener, whatever the others throw. */
  #tell(): void {
    const concerned = this.concerned(this.#moved);
    this.#moved = new Map();
    if (this.#isAnyMoved) for (const listener of this.all()) concerned.add(listener);
    this.#isAnyMoved = false;
    const errors: unknown[] = [];
    for (const listener of concerned) {
      try {
        listener();
      } catch (error) {
        errors.push(error);
      }
    }
    this.#sync.digest(); // It is brought up to date bit by bit: the records of half a minute at once take longer than a frame.
    if (errors.length > 0)
      throw errors.length === 1 ? errors[0] : new AggregateError(errors, "several listeners have failed");
  }
}

/** While records come and nothing else happens, only these members of a view differ. */
function isAboutConnection(before: SyncView, now: SyncView): boolean {
  const names = Object.keys(now) as (keyof SyncView)[];
  return names.some((name) => name !== "version" && name !== "lastConfirmedAt" && before[name] !== now[name]);
}
