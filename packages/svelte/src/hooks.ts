/** Each hook gives something of a replica as `current`, which is another value only when something it shows has changed. */

import type { CollectionOf, PendingMutation, RecordOf, Replica, SyncView } from "@neverstale/client";
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
import { useReplica } from "./context.ts";
import { type Current, currentOf, type Given, givenOf, nothingGiven } from "./current.ts";

/** It gives the record, or undefined. */
export function useRecord<State = AnyState, C extends CollectionOf<State> = CollectionOf<State>>(
  collection: C,
  id: Given<string>,
): Current<RecordOf<State, C> | undefined> {
  const sync = useReplica<State>();
  return currentOf(
    sync,
    () => givenOf(id),
    (replica, id) => recordSelection(replica, collection, id),
  );
}

/**
 * It gives the records of a collection as a list, which is the same one until a record of it, or its place, changes. A function that returns
 * another arrangement each time makes a list each time, so give one that returns what it has, as of `$derived`.
 */
export function useCollection<State = AnyState, C extends CollectionOf<State> = CollectionOf<State>>(
  collection: C,
  arrangement: Given<Arrangement<RecordOf<State, C>>> = {},
): Current<readonly RecordOf<State, C>[]> {
  const sync = useReplica<State>();
  return currentOf(
    sync,
    () => givenOf(arrangement),
    (replica, order) => listSelection(replica, collection, order),
  );
}

/**
 * It gives a value that is computed from the state. Lists and plain objects are compared by what they hold, unless `isEqual` says otherwise.
 * What the selector reads of other runes is not followed: put `$derived` around the result for that.
 */
export function useSelection<State, T>(selector: (state: State) => T, isEqual?: (a: T, b: T) => boolean): Current<T> {
  const sync = useReplica<State>();
  return currentOf(sync, nothingGiven, (replica) => stateSelection(replica, selector, isEqual));
}

/** It says how fresh the shown state is (rule R7), or what the selector makes of that. */
export function useSync(): Current<SyncView>;
export function useSync<T>(selector: (view: SyncView) => T): Current<T>;
export function useSync(selector: (view: SyncView) => unknown = (view) => view): Current<unknown> {
  const sync = useReplica();
  return currentOf(sync, nothingGiven, (replica) => viewSelection(replica, selector));
}

/** It returns the two ways to have an effect. */
export function useRequests(): Requests {
  const sync = useReplica();
  return requestsOf(() => sync.current);
}

/** It returns the `mutate` of the replica. */
export function useMutate(): Replica["mutate"] {
  const sync = useReplica();
  return mutateOf(() => sync.current);
}

/** It gives the list of mutations that are pending: those that concern one record, or all of them. */
export function usePending<State = AnyState>(
  collection?: CollectionOf<State>,
  id?: Given<string>,
): Current<readonly PendingMutation[]> {
  const sync = useReplica<State>();
  return currentOf(
    sync,
    () => (id === undefined ? id : givenOf(id)),
    (replica, id) => pendingSelection(replica, collection, id),
  );
}
