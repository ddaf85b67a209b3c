export type { DispatchedCommand, DispatchedOp, DispatchedPipeline } from "./dispatch-answers.ts";
export { FleetSession, type FleetSessionOptions, type SessionSyncOptions } from "./fleet-session.ts";
export { type CookieEnvironment, type CookieOptions, cookieEnvironment } from "./io/cookie-environment.ts";
export { type TokenOptions, tokenEnvironment } from "./io/token-environment.ts";
export type { ShownDelivery, ShownNotifications, ShownTarget } from "./notification-answers.ts";
export {
  type CancelPipelineOptions,
  type DispatchTarget,
  type FleetSyncOptions,
  type OpOptions,
  type PipelineOptions,
  type SafeguardOptions,
  StateSync,
} from "./state-sync.ts";
