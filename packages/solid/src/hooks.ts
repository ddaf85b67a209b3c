/** Each hook is an accessor of something of a replica, which is another value only when something it shows has changed. */

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
import { type Accessor, createMemo, createSignal, onCleanup } from "solid-js";
import { isServer } from "solid-js/web";
import { useReplica } from "./context.ts";
import { followInTurns } from "./turn.ts";

/** It stands for a value, or for an accessor of it where it may change. */
export type Given<T> = T | Accessor<T>;

/** It returns the record, or undefined. */
export function useRecord<State = AnyState, C extends CollectionOf<State> = CollectionOf<State>>(
  collection: C,
  id: Given<string>,
): Accessor<RecordOf<State, C> | undefined> {
  return useSelected<State, RecordOf<State, C> | undefined>((sync) => recordSelection(sync, collection, givenOf(id)));
}

/** It returns the records of a collection as a list, which is the same one until a record of it, or its place, changes. */
export function useCollection<State = AnyState, C extends CollectionOf<State> = CollectionOf<State>>(
  collection: C,
  arrangement: Given<Arrangement<RecordOf<State, C>>> = {},
): Accessor<readonly RecordOf<State, C>[]> {
  return useSelected<State, readonly RecordOf<State, C>[]>((sync) =>
    listSelection(sync, collection, givenOf(arrangement)),
  );
}

/**
 * It returns a value that is computed from the state. Lists and plain objects are compared by what they hold, unless `isEqual` says
 * otherwise. What the selector reads of other signals is not followed: put a memo around the result for that.
 */
export function useSelection<State, T>(selector: (state: State) => T, isEqual?: (a: T, b: T) => boolean): Accessor<T> {
  return useSelected<State, T>((sync) => stateSelection(sync, selector, isEqual));
}

/** It says how fresh the shown state is (rule R7), or what the selector makes of that. */
export function useSync(): Accessor<SyncView>;
export function useSync<T>(selector: (view: SyncView) => T): Accessor<T>;
export function useSync(selector: (view: SyncView) => unknown = (view) => view): Accessor<unknown> {
  return useSelected((sync) => viewSelection(sync, selector));
}

/** It returns the two ways to have an effect. */
export function useRequests(): Requests {
  return requestsOf(useReplica());
}

/** It returns the `mutate` of the replica. */
export function useMutate(): Replica["mutate"] {
  return mutateOf(useReplica());
}

/** It returns the list of mutations that are pending: those that concern one record, or all of them. */
export function usePending<State = AnyState>(
  collection?: CollectionOf<State>,
  id?: Given<string>,
): Accessor<readonly PendingMutation[]> {
  return useSelected<State, readonly PendingMutation[]>((sync) =>
    pendingSelection(sync, collection, id === undefined ? id : givenOf(id)),
  );
}

function givenOf<T extends string | object>(given: Given<T>): T {
  return typeof given === "function" ? given() : given;
}

/** Another replica, or another id, makes another selection. Nothing listens on a server, where nothing ends it. */
function useSelected<State, T>(select: (sync: Replica<State>) => Selection<T>): Accessor<T> {
  const replica = useReplica<State>();
  const value = createMemo(() => {
    const sync = replica();
    const selection = select(sync);
    if (isServer) return () => selection.current;
    const [shown, show] = createSignal(selection.current);
    onCleanup(followInTurns(sync, selection, () => show(() => selection.current)));
    return shown;
  });
  return () => value()();
}
