/** The pure part of the HTTP profile, for those who serve it on something else than Node's http server. */

export type { Whence } from "../allowed-origins.ts";
export { attachmentOf } from "../attempt.ts";
export type { JudgeOptions, JudgeTools } from "../judge.ts";
export {
  type AskedMutations,
  type MutationReply,
  MutationService,
  type MutationServiceOptions,
  type MutationTools,
} from "../mutations/mutation-service.ts";
export { problemDocument } from "../problem.ts";
export type { Refusal } from "../refusal.ts";
export { eventsOf, headersOf, idLine } from "./answer-text.ts";
export { type HttpAsking, HttpService, type HttpServiceOptions, type HttpServiceParts } from "./http-service.ts";
export type { Outlet } from "./reader.ts";
export type { Reply, ReplyBody } from "./reply.ts";
