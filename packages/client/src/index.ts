export { keyWithTime } from "@neverstale/protocol";
export { StateSync, type StateSyncOptions } from "./io/state-sync.ts";
export type { ReplicaFacts } from "./machine/receive.ts";
export {
  type InitialOptions,
  initialSyncState,
  type SyncCounters,
  type SyncEffect,
  type SyncState,
  type Transition,
} from "./machine/state.ts";
export { isLevel, type StaleReason, type SyncStatus, statusOf } from "./machine/status.ts";
export { nextWake, type SyncInput, transition } from "./machine/transition.ts";
export type { Divergence } from "./records/divergence.ts";
export type { Listener, Unsubscribe } from "./records/listeners.ts";
export { type Differences, type RecordKey, Replica } from "./records/replica.ts";
export {
  type CollectionOf,
  type RecordOf,
  type ReplicaCounters,
  ReplicaDriver,
  type ReplicaOptions,
} from "./replica-driver.ts";
export type { CsrfSource } from "./requests/csrf.ts";
export {
  type EffectPosition,
  type OpOptions,
  type PipelineOptions,
  type Problem,
  problemOf,
  type RequestOptions,
} from "./requests/dispatch.ts";
export {
  type DispatchedCommand,
  type DispatchedOp,
  type DispatchedPipeline,
  effectPosition,
} from "./requests/dispatch-answers.ts";
export type {
  ClientSocket,
  Environment,
  EnvironmentSignal,
  HttpAnswer,
  HttpRequest,
  SocketEvents,
} from "./transport/environment.ts";
export { browserEnvironment } from "./transport/io/browser.ts";
export { type NodeEnvironmentOptions, nodeEnvironment, type WebSocketClass } from "./transport/io/node.ts";
export type { Selection } from "./views/selection.ts";
export type { LastResync, SyncView } from "./views/view.ts";
