import type { CollectionOf, RecordOf, Replica, SyncView } from "@neverstale/client";
import type { AnyState } from "@neverstale/protocol";
import { useCallback, useMemo, useSyncExternalStore } from "react";
import { useReplica } from "./context.ts";
import { sameContent } from "./same-content.ts";

/** The record, or undefined. Renders again only when that record has changed. */
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

/** Which records of a collection, and in which order: the collection itself has none. */
export interface Arrangement<R> {
  readonly filter?: (record: R) => boolean;
  readonly sort?: (a: R, b: R) => number;
}

/**
 * The records of a collection as a list: the same one until one of them, or its place, changes. Keep `filter` and
 * `sort` the same functions from render to render (declared outside, or by `useCallback`), else they run each time.
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
 * A value computed from the state; renders again only when it is another, lists and plain objects by what they hold unless
 * `isEqual` says otherwise. A selector that is another function in each render runs in each.
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

/** How fresh what is shown is (rule R7). With a selector it renders again only when the selected value is another. */
export function useSync(): SyncView;
export function useSync<T>(selector: (view: SyncView) => T): T;
export function useSync(selector: (view: SyncView) => unknown = wholeView): unknown {
  const sync = useReplica();
  const subscribe = useCallback((listener: () => void) => sync.subscribe(listener), [sync]);
  const snapshot = useMemo(() => selected(() => sync.view, selector), [sync, selector]);
  return useSyncExternalStore(subscribe, snapshot, snapshot);
}

export interface Requests {
  /** Sends a request with an effect. See the replica's `request`. */
  readonly request: Replica["request"];
  /** Resolves when the effect of an answer is in what is shown (rule D2). */
  readonly reached: Replica["reached"];
}

/** The ways to have an effect; the same object for one replica. */
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

/** Selects anew only when the view is another, and gives the last result again when it holds the same. */
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

/** Filters and sorts anew only when the list is another, and gives the last result again when nothing came of it. */
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
    if (!sameItems(next, result)) result = Object.isFrozen(now) ? Object.freeze(next) : next; // Alike.
    return result;
  };
}

function sameItems<R>(a: readonly R[], b: readonly R[]): boolean {
  return a.length === b.length && a.every((item, index) => item === b[index]);
}
