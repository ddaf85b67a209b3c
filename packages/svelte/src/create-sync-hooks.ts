/** The hooks get the types of one model. */

import type { CollectionOf, PendingMutation, RecordOf, Replica, StateSync, SyncView } from "@neverstale/client";
import type { Arrangement, OwnedReplicaOptions, Requests } from "@neverstale/client/bindings";
import { provideSync, useReplica } from "./context.ts";
import type { Current, Given } from "./current.ts";
import { useCollection, useMutate, usePending, useRecord, useRequests, useSelection, useSync } from "./hooks.ts";
import { useStateSync } from "./use-state-sync.ts";

/** These are the hooks with the types of one model. `Own` is the class of the replica where it has more members than `Replica`. */
export interface SyncHooks<State, Own extends Replica<State> = Replica<State>> {
  readonly provideSync: (sync: Given<Own> | Current<Own>) => void;
  readonly useReplica: () => Current<Own>;
  readonly useRecord: <C extends CollectionOf<State>>(
    collection: C,
    id: Given<string>,
  ) => Current<RecordOf<State, C> | undefined>;
  readonly useCollection: <C extends CollectionOf<State>>(
    collection: C,
    arrangement?: Given<Arrangement<RecordOf<State, C>>>,
  ) => Current<readonly RecordOf<State, C>[]>;
  readonly useSelection: <T>(selector: (state: State) => T, isEqual?: (a: T, b: T) => boolean) => Current<T>;
  readonly useSync: { (): Current<SyncView>; <T>(selector: (view: SyncView) => T): Current<T> };
  readonly useRequests: () => Requests;
  readonly useMutate: () => Own["mutate"];
  readonly usePending: (collection?: CollectionOf<State>, id?: Given<string>) => Current<readonly PendingMutation[]>;
  readonly useStateSync: (options: Given<OwnedReplicaOptions>) => Current<StateSync<State>>;
}

/** Write `const { useRecord } = createSyncHooks<StateOf<typeof fleet>>()`. It takes a type alone, so no validator is shipped. */
export function createSyncHooks<State, Own extends Replica<State> = Replica<State>>(): SyncHooks<State, Own> {
  const reading = { useRecord, useCollection, useSelection, useSync, usePending };
  const hooks = { provideSync, useReplica, useStateSync, ...reading, useRequests, useMutate };
  return hooks as unknown as SyncHooks<State, Own>;
}
