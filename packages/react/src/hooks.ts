/** Each hook is a subscription to a replica, with a snapshot that stays the same until something it shows has changed. */

import type { CollectionOf, PendingMutation, RecordOf, Replica, SyncView } from "@neverstale/client";
import type { AnyState } from "@neverstale/protocol";
import { useCallback, useMemo, useSyncExternalStore } from "react";
import { useReplica } from "./context.ts";
import { sameContent } from "./same-content.ts";

/** It returns the record, or undefined. It renders again only when that record has changed. */
export function useRecord<State = AnyState, C extends CollectionOf<State> = CollectionOf<State>>(
  collection: C,
  id: string,
): RecordOf<State, C> | undefined {
  const sync = useReplica<State>();
  const subscribe = useCallback(
    (listener: () => void) => sync.subscribeRecord(collection, id, listener),
    [sync, collection, id],
  );
  const snapshot = (): RecordOf<State, C> | undefined => recordOf(sync, collection, id);
  return useSyncExternalStore(subscribe, snapshot, snapshot);
}

/** An arrangement says which records of a collection are wanted, and in which order. The collection itself has no order. */
export interface Arrangement<R> {
  readonly filter?: (record: R) => boolean;
  readonly sort?: (a: R, b: R) => number;
}

/**
 * It returns the records of a collection as a list, which is the same one until a record of it, or its place, changes. Keep
 * `filter` and `sort` the same functions from render to render: declare them outside, or by `useCallback`. Else they run each time.
 */
export function useCollection<State = AnyState, C extends CollectionOf<State> = CollectionOf<State>>(
  collection: C,
  { filter, sort }: Arrangement<RecordOf<State, C>> = {},
): readonly RecordOf<State, C>[] {
  const sync = useReplica<State>();
  const subscribe = useCallback(
    (listener: () => void) => sync.subscribeCollection(collection, listener),
    [sync, collection],
  );
  const snapshot = useMemo(() => arranged(() => sync.list(collection), filter, sort), [sync, collection, filter, sort]);
  return useSyncExternalStore(subscribe, snapshot, snapshot);
}

/**
 * It returns a value that is computed from the state, and renders again only when the value is another. Lists and plain objects
 * are compared by what they hold, unless `isEqual` says otherwise. A selector that is another function in each render runs in each.
 */
export function useSelection<State, T>(
  selector: (state: State) => T,
  isEqual: (a: T, b: T) => boolean = sameContent,
): T {
  const sync = useReplica<State>();
  const selection = useMemo(() => sync.select(selector, isEqual), [sync, selector, isEqual]);
  const subscribe = useCallback((listener: () => void) => selection.subscribe(listener), [selection]);
  const snapshot = (): T => selection.current;
  return useSyncExternalStore(subscribe, snapshot, snapshot);
}

/** It says how fresh the shown state is (rule R7). With a selector it renders again only when the selected value is another. */
export function useSync(): SyncView;
export function useSync<T>(selector: (view: SyncView) => T): T;
export function useSync(selector: (view: SyncView) => unknown = wholeView): unknown {
  const sync = useReplica();
  const subscribe = useCallback((listener: () => void) => sync.subscribe(listener), [sync]);
  const snapshot = useMemo(() => selected(() => sync.view, selector), [sync, selector]);
  return useSyncExternalStore(subscribe, snapshot, snapshot);
}

export interface Requests {
  /** It sends a request with an effect: see the replica's `request`. */
  readonly request: Replica["request"];
  /** It resolves when the effect of an answer is in the shown state (rule D2). */
  readonly reached: Replica["reached"];
}

/** It returns the two ways to have an effect. They are the same object for one replica. */
export function useRequests(): Requests {
  const sync = useReplica();
  return useMemo(
    () => ({
      request: (path, body, options) => sync.request(path, body, options),
      reached: (position, options) => sync.reached(position, options),
    }),
    [sync],
  );
}

/** It returns the replica's `mutate`, which is the same function for one replica. */
export function useMutate(): Replica["mutate"] {
  const sync = useReplica();
  return useMemo(() => sync.mutate.bind(sync) as Replica["mutate"], [sync]);
}

/**
 * It returns the mutations that are pending: those that concern one record, or all of them. It renders again when the list becomes
 * another one.
 */
export function usePending<State = AnyState>(
  collection?: CollectionOf<State>,
  id?: string,
): readonly PendingMutation[] {
  const sync = useReplica<State>();
  const subscribe = useCallback((listener: () => void) => sync.subscribe(listener), [sync]);
  const snapshot = useMemo(() => {
    const all = () => (collection === undefined || id === undefined ? sync.pending : sync.pendingOf(collection, id));
    return keptWhileSame(all);
  }, [sync, collection, id]);
  return useSyncExternalStore(subscribe, snapshot, snapshot);
}

/** It returns the last list again when the new one holds the same. */
function keptWhileSame<T>(list: () => readonly T[]): () => readonly T[] {
  let last: readonly T[] = [];
  return () => {
    const next = list();
    if (!sameContent(next, last)) last = next;
    return last;
  };
}

/** It selects anew only when the view is another, and returns the last result again when the new one holds the same. */
function selected(view: () => SyncView, selector: (view: SyncView) => unknown): () => unknown {
  let source: SyncView | null = null;
  let result: unknown;
  return () => {
    const now = view();
    if (now === source) return result;
    source = now;
    const next = selector(now);
    if (!sameContent(next, result)) result = next;
    return result;
  };
}

function wholeView(view: SyncView): SyncView {
  return view;
}

function recordOf<State, C extends CollectionOf<State>>(
  sync: Replica<State>,
  collection: C,
  id: string,
): RecordOf<State, C> | undefined {
  return (sync.state[collection] as ReadonlyMap<string, RecordOf<State, C>>).get(id);
}

/** It filters and sorts anew only when the list is another, and returns the last result again when nothing has changed in it. */
function arranged<R>(
  list: () => readonly R[],
  filter: ((record: R) => boolean) | undefined,
  sort: ((a: R, b: R) => number) | undefined,
): () => readonly R[] {
  if (filter === undefined && sort === undefined) return list;
  let source: readonly R[] | null = null;
  let result: readonly R[] = [];
  return () => {
    const now = list();
    if (now === source) return result;
    source = now;
    const kept = filter === undefined ? now : now.filter(filter);
    const next = sort === undefined ? kept : kept.toSorted(sort);
    if (!sameItems(next, result)) result = Object.isFrozen(now) ? Object.freeze(next) : next; // It is frozen where the list is.
    return result;
  };
}

function sameItems<R>(a: readonly R[], b: readonly R[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}
