import type { AnyState } from "@neverstale/protocol";
import type { Listener, Listeners, Unsubscribe } from "../records/listeners.ts";
import { NAMES, ReadLog, type Reads, sameReads, WHOLE } from "./reads.ts";

/** A value computed from the state; the same one, by identity, for as long as nothing that it is made of moved. */
export interface Selection<T> {
  /** Throws what the selector throws of the state as it is. */
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

/** What the selector came to. */
type Outcome<T> = { readonly of: T } | { readonly error: unknown };

/** The selections that are being computed, the innermost last: what one reads of another it is made of, too. */
const computing: { readonly source: SelectionSource; readonly log: ReadLog }[] = [];

/** Runs the selector again only when a record, or a whole collection, that it read the last time has moved. */
export class TrackedSelection<T> implements Selection<T> {
  readonly #source: SelectionSource;
  readonly #selector: (state: AnyState) => T;
  readonly #isEqual: (a: T, b: T) => boolean;
  readonly #listeners = new Set<Listener>();
  #outcome: Outcome<T> | null = null;
  #revision = -1;
  /** The last value there was: one that is equal to it has its identity. */
  #value: { readonly of: T } | null = null;
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
      return { error }; // What it has read till then may be what it fails for: when that moves it is run again.
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

  /** Called once for each record that moved and that it was made of. What is thrown in it comes to who calls, once. */
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

  /** Everyone who is still there, whatever the others throw. */
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
