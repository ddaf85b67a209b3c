/** A selection is a value that is computed from the state, again only when something that it was made of has moved. */

import type { AnyState } from "@neverstale/protocol";
import type { Listener, Listeners, Unsubscribe } from "../records/listeners.ts";
import { NAMES, ReadLog, type Reads, sameReads, WHOLE } from "./reads.ts";

/** The value is the same one, by identity, for as long as nothing moved that it is made of. */
export interface Selection<T> {
  /** It throws what the selector throws of the state as it is. */
  readonly current: T;
  /** The listener is called when `current` has become another value. */
  subscribe(listener: Listener): Unsubscribe;
}

/**
 * Returns a value that is computed from the state of a replica. It is computed again, and told, only when something that it was made of
 * has moved.
 */
export function select<State, T>(
  sync: { readonly source: SelectionSource<State> },
  selector: (state: State) => T,
  isEqual: (a: T, b: T) => boolean = Object.is,
): Selection<T> {
  return new TrackedSelection(sync.source as SelectionSource, selector as (state: AnyState) => T, isEqual);
}

/** The selector runs again only when a record or a whole collection has moved that it read the last time. */
export class TrackedSelection<T> implements Selection<T> {
  readonly #source: SelectionSource;
  readonly #selector: (state: AnyState) => T;
  readonly #isEqual: (a: T, b: T) => boolean;
  readonly #listeners = new Set<Listener>();
  #outcome: Outcome<T> | null = null;
  #revision = -1;
  /** The last value there was. A value that is equal to it gets its identity. */
  #value: { readonly of: T } | null = null;
  /** The listeners know this value since `toldRevision`: `current` may be looked at before they are told. */
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
    const outcome = this.#upToDate();
    const reader = computing.at(-1);
    if (reader?.source.listeners === this.#source.listeners) reader.log.include(this.#reads);
    if ("error" in outcome) throw outcome.error;
    return outcome.of;
  }

  subscribe(listener: Listener): Unsubscribe {
    const own = (): void => listener();
    this.#listeners.add(own);
    if (this.#listeners.size === 1) {
      this.#upToDate();
      this.#told = this.#value;
      this.#watch();
    }
    return () => {
      this.#listeners.delete(own);
      if (this.#listeners.size === 0) this.#unwatch();
    };
  }

  #upToDate(): Outcome<T> {
    if (this.#outcome !== null && this.#revision === this.#source.revision()) return this.#outcome;
    const log = new ReadLog(this.#source.state);
    this.#outcome = this.#run(log);
    this.#revision = this.#source.revision();
    const { reads } = log;
    const isOutOfDate = this.#stopWatching.length > 0 && !sameReads(this.#reads, reads);
    this.#reads = reads;
    if (isOutOfDate) this.#watch();
    return this.#outcome;
  }

  #run(log: ReadLog): Outcome<T> {
    computing.push({ source: this.#source, log });
    try {
      const next = this.#selector(log.view);
      log.handOut(next);
      if (this.#value === null || !this.#isEqual(this.#value.of, next)) this.#value = { of: next };
      return this.#value;
    } catch (error) {
      return { error }; // It may have failed because of what it read until then: it is run again when that moves.
    } finally {
      computing.pop();
    }
  }

  #watch(): void {
    this.#unwatch();
    const { listeners } = this.#source;
    const stops: Unsubscribe[] = [];
    for (const [collection, ids] of this.#reads) {
      if (collection === NAMES) stops.push(listeners.onAny(this.#onMoved));
      else if (ids === WHOLE) stops.push(listeners.onCollection(collection, this.#onMoved));
      else for (const id of ids) stops.push(listeners.onRecord(collection, id, this.#onMoved));
    }
    this.#stopWatching = stops;
  }

  #unwatch(): void {
    for (const stop of this.#stopWatching) stop();
    this.#stopWatching = [];
  }

  /** It is called once for each moved record that the value was made of. What it throws comes to its caller once. */
  readonly #onMoved = (): void => {
    const revision = this.#source.revision();
    if (this.#toldRevision === revision) return;
    this.#toldRevision = revision;
    const outcome = this.#upToDate();
    if ("error" in outcome) throw outcome.error;
    if (this.#value === this.#told) return;
    this.#told = this.#value;
    this.#tell();
  };

  /** It tells every listener that is still there, whatever the others throw. */
  #tell(): void {
    const errors: unknown[] = [];
    for (const listener of [...this.#listeners]) {
      try {
        if (this.#listeners.has(listener)) listener();
      } catch (error) {
        errors.push(error);
      }
    }
    if (errors.length === 1) throw errors[0];
    if (errors.length > 1) throw new AggregateError(errors, "several listeners of a selection have failed");
  }
}

export interface SelectionSource<State = AnyState> {
  readonly state: State;
  /** The number is another one whenever a record has moved. */
  readonly revision: () => number;
  readonly listeners: Listeners;
}

type Outcome<T> = { readonly of: T } | { readonly error: unknown };

/** These selections are being computed, the innermost last. A selection is also made of what it reads through another one. */
const computing: { readonly source: SelectionSource; readonly log: ReadLog }[] = [];
