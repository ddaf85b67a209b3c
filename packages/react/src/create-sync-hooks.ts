/** The hooks get the types of one model. */

import type { CollectionOf, PendingMutation, RecordOf, Replica, StateSync, SyncView } from "@neverstale/client";
import type { Arrangement, OwnedReplicaOptions, Requests } from "@neverstale/client/bindings";
import type { ReactNode } from "react";
import { SyncProvider, type SyncProviderProps, useReplica } from "./context.ts";
import { useCollection, useMutate, usePending, useRecord, useRequests, useSelection, useSync } from "./hooks.ts";
import { useStateSync } from "./use-state-sync.ts";

/**
 * These are the hooks with the types of one model. `Own` is the class of the replica where it has more members than `Replica`.
 */
export interface SyncHooks<State, Own extends Replica<State> = Replica<State>> {
  readonly SyncProvider: (props: SyncProviderProps<Own>) => ReactNode;
  readonly useReplica: () => Own;
  readonly useRecord: <C extends CollectionOf<State>>(collection: C, id: string) => RecordOf<State, C> | undefined;
  readonly useCollection: <C extends CollectionOf<State>>(
    collection: C,
    arrangement?: Arrangement<RecordOf<State, C>>,
  ) => readonly RecordOf<State, C>[];
  readonly useSelection: <T>(selector: (state: State) => T, isEqual?: (a: T, b: T) => boolean) => T;
  readonly useSync: { (): SyncView; <T>(selector: (view: SyncView) => T): T };
  readonly useRequests: () => Requests;
  readonly useMutate: () => Own["mutate"];
  readonly usePending: (collection?: CollectionOf<State>, id?: string) => readonly PendingMutation[];
  readonly useStateSync: (options: OwnedReplicaOptions) => StateSync<State>;
}

/** Write `const { useRecord } = createSyncHooks<StateOf<typeof fleet>>()`. It takes a type alone, so no validator is shipped. */
export function createSyncHooks<State, Own extends Replica<State> = Replica<State>>(): SyncHooks<State, Own> {
  const reading = { useRecord, useCollection, useSelection, useSync, usePending };
  const hooks = { SyncProvider, useReplica, useStateSync, ...reading, useRequests, useMutate };
  return hooks as unknown as SyncHooks<State, Own>;
}
