/** A turn of a replica moves all signals of a page at once, as what depends on a signal runs as soon as that is set. */

import type { Replica, Selection } from "@neverstale/client";
import { batch } from "solid-js";

/** `tell` sets a signal when the selection is another value, in one batch with all others that are concerned by the same turn. */
export function followInTurns<T>(sync: Told, selection: Selection<T>, tell: () => void): () => void {
  const known = turns.get(sync) ?? new Turns(sync);
  turns.set(sync, known);
  return known.follow(selection, tell);
}

type Told = Pick<Replica, "subscribe">;

const turns = new WeakMap<Told, Turns>();

class Turns {
  readonly #sync: Told;
  readonly #due = new Set<() => void>();
  #followers = 0;
  #leave = (): void => {};

  constructor(sync: Told) {
    this.#sync = sync;
  }

  follow<T>(selection: Selection<T>, tell: () => void): () => void {
    this.#followers++;
    const leave = selection.subscribe(() => this.#add(tell));
    this.#comeLast();
    return () => {
      leave();
      this.#due.delete(tell);
      if (--this.#followers === 0) this.#leave();
    };
  }

  /** Those who listen to everything are told in the order in which they came, and the batch has to be made after all of them. */
  #comeLast(): void {
    this.#leave();
    this.#leave = this.#sync.subscribe(() => this.#end());
  }

  /** Whoever comes in the middle of a turn moves its end out of it. The signals are set all the same then, right after it. */
  #add(tell: () => void): void {
    if (this.#due.size === 0) void Promise.resolve().then(() => this.#end());
    this.#due.add(tell);
  }

  #end(): void {
    const due = [...this.#due];
    this.#due.clear();
    batch(() => {
      for (const tell of due) tell();
    });
  }
}
