/** Each hook is a subscription to a replica, with a snapshot that stays the same until something it shows has changed. */

import type { CollectionOf, PendingMutation, RecordOf, Replica, Selection, SyncView } from "@neverstale/client";
import {
  type Arrangement,
  listSelection,
  mutateOf,
  pendingSelection,
  type Requests,
  recordSelection,
  requestsOf,
  stateSelection,
  viewSelection,
} from "@neverstale/client/bindings";
import type { AnyState } from "@neverstale/protocol";
import { useCallback, useMemo, useSyncExternalStore } from "react";
import { useReplica } from "./context.ts";

/** It returns the record, or undefined. It renders again only when that record has changed. */
export function useRecord<State = AnyState, C extends CollectionOf<State> = CollectionOf<State>>(
  collection: C,
  id: string,
): RecordOf<State, C> | undefined {
  const sync = useReplica<State>();
  return useSelected(useMemo(() => recordSelection(sync, collection, id), [sync, collection, id]));
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
  const list = useMemo(
    () => listSelection(sync, collection, { ...(filter && { filter }), ...(sort && { sort }) }),
    [sync, collection, filter, sort],
  );
  return useSelected(list);
}

/**
 * It returns a value that is computed from the state, and renders again only when the value is another. Lists and plain objects
 * are compared by what they hold, unless `isEqual` says otherwise. A selector that is another function in each render runs in each.
 */
export function useSelection<State, T>(selector: (state: State) => T, isEqual?: (a: T, b: T) => boolean): T {
  const sync = useReplica<State>();
  return useSelected(useMemo(() => stateSelection(sync, selector, isEqual), [sync, selector, isEqual]));
}

/** It says how fresh the shown state is (rule R7). With a selector it renders again only when the selected value is another. */
export function useSync(): SyncView;
export function useSync<T>(selector: (view: SyncView) => T): T;
export function useSync(selector: (view: SyncView) => unknown = wholeView): unknown {
  const sync = useReplica();
  return useSelected(useMemo(() => viewSelection(sync, selector), [sync, selector]));
}

/** It returns the two ways to have an effect. They are the same object for one replica. */
export function useRequests(): Requests {
  const sync = useReplica();
  return useMemo(() => requestsOf(() => sync), [sync]);
}

/** It returns the replica's `mutate`, which is the same function for one replica. */
export function useMutate(): Replica["mutate"] {
  const sync = useReplica();
  return useMemo(() => mutateOf(() => sync), [sync]);
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
  return useSelected(useMemo(() => pendingSelection(sync, collection, id), [sync, collection, id]));
}

/** React compares the value before and after it has subscribed, and shows one state in all components of a page. */
function useSelected<T>(selection: Selection<T>): T {
  const subscribe = useCallback((listener: () => void) => selection.subscribe(listener), [selection]);
  const snapshot = (): T => selection.current;
  return useSyncExternalStore(subscribe, snapshot, snapshot);
}

function wholeView(view: SyncView): SyncView {
  return view;
}
