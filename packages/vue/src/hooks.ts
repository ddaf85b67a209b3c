/** Each composable is a reference to something of a replica, which is another value only when something it shows has changed. */

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
import { computed, customRef, type MaybeRefOrGetter, type Ref, toValue, watchPostEffect } from "vue";
import { useReplica } from "./context.ts";

/** It refers to the record, or to undefined. */
export function useRecord<State = AnyState, C extends CollectionOf<State> = CollectionOf<State>>(
  collection: C,
  id: MaybeRefOrGetter<string>,
): Readonly<Ref<RecordOf<State, C> | undefined>> {
  const sync = useReplica<State>();
  return useSelected(() => recordSelection(sync.value, collection, toValue(id)));
}

/** It refers to the records of a collection as a list, which is the same one until a record of it, or its place, changes. */
export function useCollection<State = AnyState, C extends CollectionOf<State> = CollectionOf<State>>(
  collection: C,
  arrangement: MaybeRefOrGetter<Arrangement<RecordOf<State, C>>> = {},
): Readonly<Ref<readonly RecordOf<State, C>[]>> {
  const sync = useReplica<State>();
  return useSelected(() => listSelection(sync.value, collection, toValue(arrangement)));
}

/**
 * It refers to a value that is computed from the state. Lists and plain objects are compared by what they hold, unless `isEqual` says
 * otherwise. What the selector reads of other references is not followed: put `computed` around the result for that.
 */
export function useSelection<State, T>(
  selector: (state: State) => T,
  isEqual?: (a: T, b: T) => boolean,
): Readonly<Ref<T>> {
  const sync = useReplica<State>();
  return useSelected(() => stateSelection(sync.value, selector, isEqual));
}

/** It says how fresh the shown state is (rule R7), or what the selector makes of that. */
export function useSync(): Readonly<Ref<SyncView>>;
export function useSync<T>(selector: (view: SyncView) => T): Readonly<Ref<T>>;
export function useSync(selector: (view: SyncView) => unknown = (view) => view): Readonly<Ref<unknown>> {
  const sync = useReplica();
  return useSelected(() => viewSelection(sync.value, selector));
}

/** It returns the two ways to have an effect. */
export function useRequests(): Requests {
  const sync = useReplica();
  return requestsOf(() => sync.value);
}

/** It returns the `mutate` of the replica. */
export function useMutate(): Replica["mutate"] {
  const sync = useReplica();
  return mutateOf(() => sync.value);
}

/** It refers to the list of mutations that are pending: those that concern one record, or all of them. */
export function usePending<State = AnyState>(
  collection?: CollectionOf<State>,
  id?: MaybeRefOrGetter<string>,
): Readonly<Ref<readonly PendingMutation[]>> {
  const sync = useReplica<State>();
  return useSelected(() => pendingSelection(sync.value, collection, toValue(id)));
}

/**
 * The value is read from the replica each time, so that all references tell of one state. The replica is listened to from when the
 * component is shown, which it never is on a server.
 */
function useSelected<T>(select: () => Selection<T>): Readonly<Ref<T>> {
  const selection = computed(select);
  let tell = (): void => {};
  let read: { readonly of: T } | null = null;
  watchPostEffect((onCleanup) => {
    const { value } = selection;
    onCleanup(value.subscribe(() => tell()));
    if (read !== null && !Object.is(read.of, value.current)) tell();
  });
  return customRef<T>((track, trigger) => {
    tell = trigger;
    return {
      get() {
        track();
        const now = selection.value.current;
        read = { of: now };
        return now;
      },
      set() {},
    };
  });
}
