export { keyWithTime } from "@neverstale/protocol";
export type { CsrfSource } from "./csrf.ts";
export {
  type EffectPosition,
  type OpOptions,
  type PipelineOptions,
  type Problem,
  problemOf,
  type RequestOptions,
} from "./dispatch.ts";
export {
  type DispatchedCommand,
  type DispatchedOp,
  type DispatchedPipeline,
  effectPosition,
} from "./dispatch-answers.ts";
export type { Divergence } from "./divergence.ts";
export type {
  ClientSocket,
  Environment,
  EnvironmentSignal,
  HttpAnswer,
  HttpRequest,
  SocketEvents,
  Timer,
} from "./environment.ts";
export { browserEnvironment } from "./io/browser.ts";
export { type NodeEnvironmentOptions, nodeEnvironment, type WebSocketClass } from "./io/node.ts";
export { StateSync, type StateSyncOptions } from "./io/state-sync.ts";
export type { Listener, Unsubscribe } from "./listeners.ts";
export type { ReplicaFacts } from "./receive.ts";
export { type Differences, type RecordKey, Replica } from "./replica.ts";
export {
  type CollectionOf,
  type RecordOf,
  type ReplicaCounters,
  ReplicaDriver,
  type ReplicaOptions,
} from "./replica-driver.ts";
export type { Selection } from "./selection.ts";
export { isLevel, type StaleReason, type SyncStatus, statusOf } from "./status.ts";
export {
  type InitialOptions,
  initialSyncState,
  type Step,
  type SyncCounters,
  type SyncEffect,
  type SyncState,
} from "./sync-state.ts";
export { nextWake, type SyncInput, syncStep } from "./sync-step.ts";
export type { LastResync, SyncView } from "./view.ts";
