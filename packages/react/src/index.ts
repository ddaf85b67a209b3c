export { SyncProvider, type SyncProviderProps, useReplica } from "./context.ts";
export { createSyncHooks, type SyncHooks } from "./create-sync-hooks.ts";
export {
  type Arrangement,
  type Requests,
  useCollection,
  useRecord,
  useRequests,
  useSelection,
  useSync,
} from "./hooks.ts";
