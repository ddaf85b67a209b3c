import type { AnyState, StateRecord } from "@neverstale/protocol";
import type { Listener, Listeners, Unsubscribe } from "./listeners.ts";

/** A value computed from the state; the same one, by identity, for as long as nothing that it is made of moved. */
export interface Selection<T> {
  readonly current: T;
  /** Called when `current` has become another value. */
  subscribe(listener: Listener): Unsubscribe;
}

export interface SelectionSource {
  readonly state: AnyState;
  /** Another number whenever a record has moved. */
  readonly revision: () => number;
  readonly listeners: Listeners;
}

/** Runs the selector again only when a record, or a whole collection, that it read the last time has moved. */
export class TrackedSelection<T> implements Selection<T> {
  readonly #source: SelectionSource;
  readonly #selector: (state: AnyState) => T;
  readonly #isEqual: (a: T, b: T) => boolean;
  readonly #listeners = new Set<Listener>();
  #value: { readonly of: T } | null = null;
  #revision = -1;
  /** What the listeners know, and since which revision: `current` may be looked at before they are told. */
  #told: { readonly of: T } | null = null;
  #toldRevision = -1;
  #reads: Reads = new Map();
  #stopWatching: readonly Unsubscribe[] = [];

  constructor(source: SelectionSource, selector: (state: AnyState) => T, isEqual: (a: T, b: T) => boolean) {
    this.#source = source;
    this.#selector = selector;
    this.#isEqual = isEqual;
  }

  get current(): T {
    if (this.#value === null || this.#revision !== this.#source.revision()) return this.#evaluate();
    return this.#value.of;
  }

  subscribe(listener: Listener): Unsubscribe {
    const own = (): void => listener();
    this.#listeners.add(own);
    if (this.#listeners.size === 1) {
      this.#evaluate();
      this.#told = this.#value;
      this.#watch();
    }
    return () => {
      this.#listeners.delete(own);
      if (this.#listeners.size === 0) this.#unwatch();
    };
  }

  #evaluate(): T {
    const { view, reads } = tracked(this.#source.state);
    const next = this.#selector(view);
    const old = this.#value;
    const value = old !== null && this.#isEqual(old.of, next) ? old : { of: next };
    this.#value = value;
    this.#revision = this.#source.revision();
    const watching = this.#stopWatching.length > 0 && !sameReads(this.#reads, reads());
    this.#reads = reads();
    if (watching) this.#watch();
    return value.of;
  }

  #watch(): void {
    this.#unwatch();
    const stops: Unsubscribe[] = [];
    for (const [collection, ids] of this.#reads) {
      if (ids === WHOLE) stops.push(this.#source.listeners.onCollection(collection, this.#onMoved));
      else for (const id of ids) stops.push(this.#source.listeners.onRecord(collection, id, this.#onMoved));
    }
    this.#stopWatching = stops;
  }

  #unwatch(): void {
    for (const stop of this.#stopWatching) stop();
    this.#stopWatching = [];
  }

  /** Called once for each record that moved and that it was made of. */
  readonly #onMoved = (): void => {
    const revision = this.#source.revision();
    if (this.#toldRevision === revision) return;
    this.#toldRevision = revision;
    if (this.#revision !== revision) this.#evaluate();
    if (this.#value === this.#told) return;
    this.#told = this.#value;
    for (const listener of [...this.#listeners]) listener();
  };
}

const WHOLE = null;

/** By collection: the ids that were looked up, or all of it. */
type Reads = ReadonlyMap<string, ReadonlySet<string> | typeof WHOLE>;

function sameReads(a: Reads, b: Reads): boolean {
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

/** The state as before, and what is read through it. */
function tracked(state: AnyState): { readonly view: AnyState; readonly reads: () => Reads } {
  const collections = new Map<string, TrackedCollection>();
  const view = new Proxy(state, {
    get(target, name: string) {
      const known = collections.get(name) ?? new TrackedCollection(target[name] as ReadonlyMap<string, StateRecord>);
      collections.set(name, known);
      return known;
    },
  });
  return { view, reads: () => new Map([...collections].map(([name, { reads }]) => [name, reads])) };
}

/** A collection that notes what is asked of it; one handed out and asked for nothing counts as read whole. */
class TrackedCollection implements ReadonlyMap<string, StateRecord> {
  readonly #records: ReadonlyMap<string, StateRecord>;
  readonly #ids = new Set<string>();
  #whole = false;

  constructor(records: ReadonlyMap<string, StateRecord>) {
    this.#records = records;
  }

  get reads(): ReadonlySet<string> | typeof WHOLE {
    return this.#whole || this.#ids.size === 0 ? WHOLE : this.#ids;
  }

  get(id: string): StateRecord | undefined {
    this.#ids.add(id);
    return this.#records.get(id);
  }

  has(id: string): boolean {
    this.#ids.add(id);
    return this.#records.has(id);
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

  #readWhole(): ReadonlyMap<string, StateRecord> {
    this.#whole = true;
    return this.#records;
  }
}
