export type { Millis, Timer } from "@neverstale/base";
export type { NodeRole, NodeStatus, TermWork } from "./authority/engine.ts";
export { StateManager } from "./authority/io/open.ts";
export type { OpenOptions } from "./authority/open-options.ts";
export type { Problem, Problems } from "./authority/opening/problems.ts";
export type { EvictedRecord, LoggedChange } from "./authority/past.ts";
export type {
  Applied,
  Decide,
  Decision,
  RemoveOptions,
  Transaction,
  TransactOptions,
} from "./authority/transaction.ts";
export type { CommittedGroups } from "./followers/committed-groups.ts";
export { type HubOptions, SyncHub } from "./followers/sync-hub.ts";
export type { FullStateReason, SyncMetrics } from "./followers/sync-metrics.ts";
export type { Frame, FrameCodec, LargeFrame, Part, Wire } from "./followers/wire.ts";
export { DEFAULT_LIMITS, type Limits } from "./limits/limits.ts";
export { withDefaults } from "./limits/with-defaults.ts";
export { MOMENT_SETTINGS, type MomentSettings } from "./moments/moment-settings.ts";
export type { MomentAt, MomentName, PastState, Reach } from "./moments/past-moments.ts";
export type { MutationCaller } from "./mutations/line-step.ts";
export type { NodeDivergence } from "./node/digests/divergences.ts";
export { type HttpNodes, type HttpNodesOptions, httpNodes } from "./node/io/http-nodes.ts";
export type { LinkTls } from "./node/io/outgoing-link.ts";
export type { NodeLinkLimits } from "./node/link/link-limits.ts";
export type { UnreachableNode } from "./node/link/reachability.ts";
export {
  type AnswerTo,
  type ForwardedCall,
  type ForwardedChange,
  type ForwardedLine,
  ForwardFailure,
  type LinkedNode,
  type MakeNodeLink,
  type NodeLink,
} from "./node/node-link.ts";
export type { NodeOptions } from "./node/node-options.ts";
export { nodeRuntime } from "./runtime/io/node-runtime.ts";
export type { Runtime } from "./runtime/runtime.ts";
export type { Committed } from "./space/committed.ts";
export { MAIN_SPACE } from "./space/space-models.ts";
export type { SpaceView } from "./space/space-view.ts";
export { type Store, StoreFailure } from "./store/contract.ts";
export { memoryStore } from "./store/memory.ts";
export { type MemoryData, MemoryDatabase, memoryDatabase } from "./store/memory-database.ts";
export type { AliveNode, NodeRow, SharedStore } from "./store/node-table.ts";
export { RETENTION, type Retention } from "./store/retention.ts";
export { normalOrigin } from "./transport/allowed-origins.ts";
export type { Grant } from "./transport/attempt.ts";
export type { HttpReadMetrics } from "./transport/http/http-metrics.ts";
export { type HttpEndpoint, type ServeHttpOptions, serveHttp } from "./transport/http/io/serve-http.ts";
export type { JudgeOptions, OriginJudge, UpgradeInfo } from "./transport/judge.ts";
export {
  mutationsHandler,
  type ServeMutationsOptions,
  serveMutations,
} from "./transport/mutations/io/serve-mutations.ts";
export type { Mutating, MutationGrant } from "./transport/mutations/mutation-service.ts";
export type { Refusal } from "./transport/refusal.ts";
export {
  type ServeSyncOptions,
  type SyncEndpoint,
  serveSync,
} from "./transport/websocket/io/serve-sync.ts";
export type { PresentFollower } from "./transport/websocket/io/sockets.ts";
