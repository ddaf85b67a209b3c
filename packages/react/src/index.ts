export { SyncProvider, type SyncProviderProps, useReplica } from "./context.ts";
export { createSyncHooks, type SyncHooks } from "./create-sync-hooks.ts";
export {
  type Arrangement,
  type Requests,
  useCollection,
  useMutate,
  usePending,
  useRecord,
  useRequests,
  useSelection,
  useSync,
} from "./hooks.ts";
export { type OwnedReplicaOptions, useStateSync } from "./use-state-sync.ts";
