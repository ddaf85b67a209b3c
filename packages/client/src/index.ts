export { diffStates, keyWithTime } from "@neverstale/protocol";
export type {
  ClientSocket,
  Environment,
  EnvironmentSignal,
  HttpAnswer,
  HttpEvents,
  HttpHead,
  HttpRequest,
  OpenHttp,
} from "./environment/environment.ts";
export { browserEnvironment } from "./environment/io/browser.ts";
export { type NodeEnvironmentOptions, nodeEnvironment, type WebSocketClass } from "./environment/io/node.ts";
export { StateSync, type StateSyncOptions } from "./io/state-sync.ts";
export type { AuthorityError, SyncCounters } from "./machine/state.ts";
export type { StaleReason, SyncStatus } from "./machine/status.ts";
export type {
  MakeMutations,
  MutateOptions,
  MutationHost,
  MutationOutcome,
  PendingMutation,
  ReplicaMutations,
} from "./mutations/mutating.ts";
export type { Divergence } from "./records/divergence.ts";
export type { Listener, Unsubscribe } from "./records/listeners.ts";
export { type Differences, type RecordKey, ReplicaRecords } from "./records/replica-records.ts";
export { type CollectionOf, type RecordOf, Replica, type ReplicaCounters, type ReplicaOptions } from "./replica.ts";
export { type EffectPosition, effectPosition, failureOf, type HttpProblem, problemOf } from "./requests/answer.ts";
export type { CsrfSource } from "./requests/csrf.ts";
export { type RequestOptions, type RequestTarget, request } from "./requests/request.ts";
export type { FallbackIo, FallbackPlace, MakeFallback } from "./transport/fallback.ts";
export { fallbackOver } from "./transport/fallback-transport.ts";
export type {
  ClientConnection,
  ConnectionEvents,
  ConnectionOpening,
  Said,
  SyncWay,
  TabRole,
  Transport,
  TransportEvents,
} from "./transport/transport.ts";
export type { Absence } from "./views/absence.ts";
export { type Selection, type SelectionSource, select } from "./views/selection.ts";
export type { LastResync, SyncView } from "./views/view.ts";
