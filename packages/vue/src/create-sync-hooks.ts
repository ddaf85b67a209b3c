/** The composables get the types of one model. */

import type { CollectionOf, PendingMutation, RecordOf, Replica, StateSync, SyncView } from "@neverstale/client";
import type { Arrangement, OwnedReplicaOptions, Requests } from "@neverstale/client/bindings";
import type { ComputedRef, MaybeRefOrGetter, Ref } from "vue";
import { provideSync, useReplica } from "./context.ts";
import { useCollection, useMutate, usePending, useRecord, useRequests, useSelection, useSync } from "./hooks.ts";
import { useStateSync } from "./use-state-sync.ts";

/** These are the composables with the types of one model. `Own` is the class of the replica where it has more members than `Replica`. */
export interface SyncHooks<State, Own extends Replica<State> = Replica<State>> {
  readonly provideSync: (sync: MaybeRefOrGetter<Own>) => void;
  readonly useReplica: () => ComputedRef<Own>;
  readonly useRecord: <C extends CollectionOf<State>>(
    collection: C,
    id: MaybeRefOrGetter<string>,
  ) => Readonly<Ref<RecordOf<State, C> | undefined>>;
  readonly useCollection: <C extends CollectionOf<State>>(
    collection: C,
    arrangement?: MaybeRefOrGetter<Arrangement<RecordOf<State, C>>>,
  ) => Readonly<Ref<readonly RecordOf<State, C>[]>>;
  readonly useSelection: <T>(selector: (state: State) => T, isEqual?: (a: T, b: T) => boolean) => Readonly<Ref<T>>;
  readonly useSync: { (): Readonly<Ref<SyncView>>; <T>(selector: (view: SyncView) => T): Readonly<Ref<T>> };
  readonly useRequests: () => Requests;
  readonly useMutate: () => Own["mutate"];
  readonly usePending: (
    collection?: CollectionOf<State>,
    id?: MaybeRefOrGetter<string>,
  ) => Readonly<Ref<readonly PendingMutation[]>>;
  readonly useStateSync: (options: MaybeRefOrGetter<OwnedReplicaOptions>) => ComputedRef<StateSync<State>>;
}

/** Write `const { useRecord } = createSyncHooks<StateOf<typeof fleet>>()`. It takes a type alone, so no validator is shipped. */
export function createSyncHooks<State, Own extends Replica<State> = Replica<State>>(): SyncHooks<State, Own> {
  const reading = { useRecord, useCollection, useSelection, useSync, usePending };
  const hooks = { provideSync, useReplica, useStateSync, ...reading, useRequests, useMutate };
  return hooks as unknown as SyncHooks<State, Own>;
}
