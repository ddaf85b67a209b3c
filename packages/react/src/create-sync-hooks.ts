import type { CollectionOf, RecordOf, ReplicaDriver, SyncView } from "@neverstale/client";
import type { ReactNode } from "react";
import { SyncProvider, type SyncProviderProps, useReplica } from "./context.ts";
import {
  type Arrangement,
  type Dispatch,
  useCollection,
  useDispatch,
  useRecord,
  useSelection,
  useSync,
} from "./hooks.ts";

/** The hooks for one model: the same functions, with its types. */
export interface SyncHooks<State> {
  readonly SyncProvider: (props: SyncProviderProps<State>) => ReactNode;
  readonly useReplica: () => ReplicaDriver<State>;
  readonly useRecord: <C extends CollectionOf<State>>(collection: C, id: string) => RecordOf<State, C> | undefined;
  readonly useCollection: <C extends CollectionOf<State>>(
    collection: C,
    arrangement?: Arrangement<RecordOf<State, C>>,
  ) => readonly RecordOf<State, C>[];
  readonly useSelection: <T>(selector: (state: State) => T, isEqual?: (a: T, b: T) => boolean) => T;
  readonly useSync: { (): SyncView; <T>(selector: (view: SyncView) => T): T };
  readonly useDispatch: () => Dispatch;
}

/** `const { useRecord } = createSyncHooks<StateOf<typeof fleet>>()`: a type only, no validator is shipped. */
export function createSyncHooks<State>(): SyncHooks<State> {
  return { SyncProvider, useReplica, useRecord, useCollection, useSelection, useSync, useDispatch } as SyncHooks<State>;
}
