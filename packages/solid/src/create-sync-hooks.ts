/** The hooks get the types of one model. */

import type { CollectionOf, PendingMutation, RecordOf, Replica, StateSync, SyncView } from "@neverstale/client";
import type { Arrangement, OwnedReplicaOptions, Requests } from "@neverstale/client/bindings";
import type { Accessor, JSX } from "solid-js";
import { SyncProvider, type SyncProviderProps, useReplica } from "./context.ts";
import {
  type Given,
  useCollection,
  useMutate,
  usePending,
  useRecord,
  useRequests,
  useSelection,
  useSync,
} from "./hooks.ts";
import { useStateSync } from "./use-state-sync.ts";

/** These are the hooks with the types of one model. `Own` is the class of the replica where it has more members than `Replica`. */
export interface SyncHooks<State, Own extends Replica<State> = Replica<State>> {
  readonly SyncProvider: (props: SyncProviderProps<Own>) => JSX.Element;
  readonly useReplica: () => Accessor<Own>;
  readonly useRecord: <C extends CollectionOf<State>>(
    collection: C,
    id: Given<string>,
  ) => Accessor<RecordOf<State, C> | undefined>;
  readonly useCollection: <C extends CollectionOf<State>>(
    collection: C,
    arrangement?: Given<Arrangement<RecordOf<State, C>>>,
  ) => Accessor<readonly RecordOf<State, C>[]>;
  readonly useSelection: <T>(selector: (state: State) => T, isEqual?: (a: T, b: T) => boolean) => Accessor<T>;
  readonly useSync: { (): Accessor<SyncView>; <T>(selector: (view: SyncView) => T): Accessor<T> };
  readonly useRequests: () => Requests;
  readonly useMutate: () => Own["mutate"];
  readonly usePending: (collection?: CollectionOf<State>, id?: Given<string>) => Accessor<readonly PendingMutation[]>;
  readonly useStateSync: (options: Given<OwnedReplicaOptions>) => Accessor<StateSync<State>>;
}

/** Write `const { useRecord } = createSyncHooks<StateOf<typeof fleet>>()`. It takes a type alone, so no validator is shipped. */
export function createSyncHooks<State, Own extends Replica<State> = Replica<State>>(): SyncHooks<State, Own> {
  const reading = { useRecord, useCollection, useSelection, useSync, usePending };
  const hooks = { SyncProvider, useReplica, useStateSync, ...reading, useRequests, useMutate };
  return hooks as unknown as SyncHooks<State, Own>;
}
