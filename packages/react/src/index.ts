"use client";

export type { Arrangement, OwnedReplicaOptions, Requests } from "@neverstale/client/bindings";
export { SyncProvider, type SyncProviderProps, useReplica } from "./context.ts";
export { createSyncHooks, type SyncHooks } from "./create-sync-hooks.ts";
export { useCollection, useMutate, usePending, useRecord, useRequests, useSelection, useSync } from "./hooks.ts";
export { useStateSync } from "./use-state-sync.ts";
