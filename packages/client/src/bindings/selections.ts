/** These selections are what a component may read of a replica: all bindings hand them out, each in the form of its framework. */

import type { PendingMutation } from "../mutations/mutating.ts";
import type { Listener, Unsubscribe } from "../records/listeners.ts";
import type { CollectionOf, RecordOf, Replica } from "../replica.ts";
import { type Selection, select } from "../views/selection.ts";
import type { SyncView } from "../views/view.ts";
import { sameContent } from "./same-content.ts";

/** It is another value only when that record has changed, come or gone. */
export function recordSelection<State, C extends CollectionOf<State>>(
  sync: Replica<State>,
  collection: C,
  id: string,
): Selection<RecordOf<State, C> | undefined> {
  const read = () => (sync.state[collection] as ReadonlyMap<string, RecordOf<State, C>>).get(id);
  return selectionOf(read, (listener) => sync.subscribeRecord(collection, id, listener));
}

/** An arrangement says which records of a collection are wanted, and in which order. The collection itself has no order. */
export interface Arrangement<R> {
  readonly filter?: (record: R) => boolean;
  readonly sort?: (a: R, b: R) => number;
}

/** It is another list only when a record of it, or its place, has changed. It is frozen where the replica's own lists are. */
export function listSelection<State, C extends CollectionOf<State>>(
  sync: Replica<State>,
  collection: C,
  { filter, sort }: Arrangement<RecordOf<State, C>> = {},
): Selection<readonly RecordOf<State, C>[]> {
  const list = () => sync.list(collection);
  const arrange = (now: readonly RecordOf<State, C>[]) => {
    const kept = filter === undefined ? now : now.filter(filter);
    const sorted = sort === undefined ? kept : kept.toSorted(sort);
    return Object.isFrozen(now) ? Object.freeze(sorted) : sorted;
  };
  const read = filter === undefined && sort === undefined ? list : computedOf(list, arrange, sameItems);
  return selectionOf(read, (listener) => sync.subscribeCollection(collection, listener));
}

/** It is another value only when it holds something else. */
export function stateSelection<State, T>(
  sync: Replica<State>,
  selector: (state: State) => T,
  isEqual: (a: T, b: T) => boolean = sameContent,
): Selection<T> {
  return select(sync, selector, isEqual);
}

/** It says how fresh the shown state is (rule R7). It is another value only when what is selected of the view holds something else. */
export function viewSelection<T>(
  sync: Pick<Replica, "view" | "subscribe">,
  selector: (view: SyncView) => T,
): Selection<T> {
  const read = computedOf(() => sync.view, selector, sameContent);
  return selectionOf(read, (listener) => sync.subscribe(listener));
}

/** It has the pending mutations that concern one record, or all of them. It is another list only when it holds something else. */
export function pendingSelection<State>(
  sync: Replica<State>,
  collection?: CollectionOf<State>,
  id?: string,
): Selection<readonly PendingMutation[]> {
  const all = collection === undefined || id === undefined;
  const list = () => (all ? sync.pending : sync.pendingOf(collection, id));
  const read = computedOf(list, (now) => now, sameContent);
  return selectionOf(read, (listener) => sync.subscribe(listener));
}

/** A listener is told only when the value is another one than it was told of, or than there was when it came. */
function selectionOf<T>(read: () => T, follow: (listener: Listener) => Unsubscribe): Selection<T> {
  return {
    get current() {
      return read();
    },
    subscribe(listener) {
      let told = read();
      return follow(() => {
        const now = read();
        if (Object.is(now, told)) return;
        told = now;
        listener();
      });
    },
  };
}

/** It computes again only from another source, and returns the last result again when the new one holds the same. */
function computedOf<S, T>(source: () => S, compute: (now: S) => T, isSame: (a: T, b: T) => boolean): () => T {
  let last: { readonly from: S; readonly result: T } | null = null;
  return () => {
    const from = source();
    if (last !== null && Object.is(from, last.from)) return last.result;
    const next = compute(from);
    last = { from, result: last !== null && isSame(next, last.result) ? last.result : next };
    return last.result;
  };
}

function sameItems<R>(a: readonly R[], b: readonly R[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}
