export {
  applyDiff,
  applyFittingDiff,
  type CollectionDiff,
  type CollectionDraft,
  type Diff,
  diffFits,
  diffRecord,
  diffStates,
  fromWireState,
  type MutableState,
  type OnMoved,
  toWireState,
} from "./diff/diff.ts";
export { mergePatch, mergePatchBetween } from "./diff/merge-patch.ts";
export {
  addHash,
  digestOf,
  formatDigest,
  type RecordHash,
  recordHash,
  subtractHash,
  ZERO_HASH,
} from "./digest/digest.ts";
export { assert, SYNC_ERROR_CODES, SyncError, type SyncErrorCode, type SyncErrorOptions } from "./errors.ts";
export { canonicalJson } from "./json/canonical-json.ts";
export {
  type AnyState,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  type ReadonlyJson,
  type StateRecord,
  sameJson,
  type WireState,
} from "./json/json.ts";
export { bytesOfObject, bytesOfString, utf8Bytes } from "./json/json-bytes.ts";
export { isSafeId, MAX_DEPTH, MAX_ID_LENGTH } from "./json/safety.ts";
export { freezeJson, takeJson } from "./json/take-json.ts";
export {
  type AskedChange,
  type AskedData,
  type Change,
  type Effect,
  effectOf,
  effectOfTaken,
  freezeChange,
  type KeptRecord,
  type MeasuredEffect,
  type ReadRecord,
  type TakenChange,
  takeChange,
} from "./model/change.ts";
export type { ChangeData, ChangeOf, ChangeTypeOf } from "./model/change-of.ts";
export {
  type ChangeKind,
  type ChangeRule,
  type Collection,
  type CollectionOptions,
  collection,
  defineModel,
  type Keep,
  type MissingRecord,
  type Model,
  patch,
  put,
  RECORD_EVICTED,
  type RuleOptions,
  remove,
  type StateOf,
  VIEWS_REBUILT,
} from "./model/model.ts";
export type { CheckedChange, ModelOfSpace, SpaceDeclarations } from "./model/spaces.ts";
export type { RemoveOptions, Transaction } from "./model/transaction.ts";
export { decideMutation, type GivenArgs, type MutationVerdict } from "./mutations/decide.ts";
export {
  type AskedMutation,
  type KeptOutcome,
  type LineAnswer,
  type LineOutcome,
  type LineRequest,
  lineNamed,
  linesIn,
  MAX_ARGS_BYTES,
  MAX_LINE_REQUEST_BYTES,
  MAX_MUTATIONS,
  readLineAnswer,
  readLineRequest,
  timeOfLine,
} from "./mutations/line-request.ts";
export {
  type AnyMutation,
  type Decided,
  DROPPED,
  defineMutation,
  type Mutation,
  type MutationContext,
  type MutationDeclaration,
  MutationRefusal,
  refuse,
} from "./mutations/mutation.ts";
export { ignoreWhatComesLater, isThenable } from "./thenable.ts";
export {
  type AnyViews,
  defineView,
  type Through,
  through,
  type Views,
  type ViewsDeclaration,
} from "./views/define-view.ts";
export { type Lens, sameField, throughLens } from "./views/lens.ts";
export { type Everything, everything, type GrantedView } from "./views/view.ts";
export type { CloseCode, RevocationCode } from "./wire/close.ts";
export * as CLOSE from "./wire/close.ts";
export { csrfSubprotocol, csrfTokenIn, isCsrfSubprotocol } from "./wire/csrf-subprotocol.ts";
export {
  decodeClientMessage,
  decodePlainClientMessage,
  decodePlainServerMessage,
  decodeServerMessage,
} from "./wire/decode.ts";
export {
  type CollectionRecords,
  deltaPieces,
  encodeDelta,
  encodeMessage,
  encodePlainDelta,
  type FullStateFacts,
  fullStatePieces,
  plainFullStatePieces,
} from "./wire/encode.ts";
export { type InitialState, readInitialState } from "./wire/initial-state.ts";
export { keyWithTime, timeOfKey } from "./wire/key-time.ts";
export * from "./wire/limits.ts";
export {
  type ClientMessage,
  type DeltaMessage,
  type ErrorMessage,
  type FullStateMessage,
  type HistoryFacts,
  type Lineage,
  type MutatedMessage,
  type PlainClientMessage,
  type PlainServerMessage,
  type Position,
  RESYNC_REASONS,
  type ResyncReason,
  type ServerMessage,
  type SyncMessage,
  type ViewProof,
} from "./wire/messages.ts";
export { isPart, PART_HEADER_BYTES, PartJoiner, type PartProgress, partHeader } from "./wire/parts.ts";
