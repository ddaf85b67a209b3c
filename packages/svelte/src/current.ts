/** A hook gives something that is read as `current`, which is reactive in templates, `$derived` and `$effect`. */

import type { Replica, Selection } from "@neverstale/client";
import { createSubscriber } from "svelte/reactivity";

export interface Current<T> {
  readonly current: T;
}

/** It stands for a value, or for a function that returns it where it may change, as in `() => id`. */
export type Given<T> = T | (() => T);

export function givenOf<T>(given: Given<T>): T {
  return typeof given === "function" ? (given as () => T)() : given;
}

/**
 * The value is read from the replica each time, so that all parts of a page tell of one state. The replica is listened to for as long as an
 * effect reads the value, which none does on a server. With another replica, or something else given, it is another selection.
 */
export function currentOf<State, G, T>(
  sync: Current<Replica<State>>,
  given: () => G,
  select: (replica: Replica<State>, given: G) => Selection<T>,
): Current<T> {
  let held: Held<State, G, T> | null = null;
  return {
    get current() {
      const [replica, now] = [sync.current, given()];
      if (held === null || held.replica !== replica || held.given !== now) {
        const selection = select(replica, now);
        held = { replica, given: now, selection, follow: createSubscriber((tell) => selection.subscribe(tell)) };
      }
      held.follow();
      return held.selection.current;
    },
  };
}

interface Held<State, G, T> {
  readonly replica: Replica<State>;
  readonly given: G;
  readonly selection: Selection<T>;
  readonly follow: () => void;
}

/** A selection is made of a replica, and of nothing that may change besides. */
export const nothingGiven = (): null => null;
