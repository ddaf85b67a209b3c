export { normalOrigin } from "./allowed-origins.ts";
export type { Committed } from "./committed.ts";
export { nodeRuntime } from "./io/node-runtime.ts";
export { StateManager } from "./io/open.ts";
export type { Refusal } from "./io/refuse-upgrade.ts";
export { type ServeSyncOptions, type SyncEndpoint, serveSync } from "./io/serve-sync.ts";
export type { Grant, JudgeOptions, OriginJudge, UpgradeInfo } from "./io/upgrade-judge.ts";
export { DEFAULT_LIMITS, type Limits } from "./limits.ts";
export type { OpenOptions } from "./open-options.ts";
export type { EvictedRecord, LoggedChange } from "./past.ts";
export type { Problem, Problems } from "./problems.ts";
export type { Frame, FrameCodec, LargeFrame, Millis, Part, Runtime, Timer, Wire } from "./runtime.ts";
export type { SpaceView } from "./space-view.ts";
export { RETENTION, type Retention, type Store, StoreFailure } from "./store/contract.ts";
export { copyInWorker as backupDatabase } from "./store/io/backup.ts";
export { type Restored, restoreBackup } from "./store/io/restore.ts";
export { type SqliteStoreOptions, sqliteStore } from "./store/io/sqlite-store.ts";
export { type MemoryData, memoryStore } from "./store/memory.ts";
export { STORE_SETTINGS, type StoreSettings } from "./store/settings.ts";
export { SlicedStore, type SlicedStoreOptions } from "./store/sliced-store.ts";
export type { OpenData, StoreMachine } from "./store/store-machine.ts";
export { StoreSteps } from "./store/store-steps.ts";
export type * from "./store/tables.ts";
export { runStep, type WriterThread } from "./store/writer-thread.ts";
export { SyncHub } from "./sync-hub.ts";
export type { FullStateReason, SyncMetrics } from "./sync-metrics.ts";
export {
  type Applied,
  type Decide,
  type Decision,
  MAIN_SPACE,
  type Transaction,
  type TransactOptions,
} from "./transaction.ts";
export { withDefaults } from "./with-defaults.ts";
