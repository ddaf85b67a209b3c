export { canonicalJson } from "./canonical-json.ts";
export {
  type AskedChange,
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
} from "./change.ts";
export {
  decodeClientMessage,
  decodePlainClientMessage,
  decodePlainServerMessage,
  decodeServerMessage,
  encodeMessage,
} from "./codec.ts";
export { csrfSubprotocol, csrfTokenIn, isCsrfSubprotocol } from "./csrf-subprotocol.ts";
export {
  applyDiff,
  type CollectionDiff,
  type CollectionDraft,
  type Diff,
  diffRecord,
  diffStates,
  fromWireState,
  type MutableState,
  type OnMoved,
  toWireState,
} from "./diff.ts";
export { addHash, digestOf, formatDigest, type RecordHash, recordHash, subtractHash, ZERO_HASH } from "./digest.ts";
export { assert, SYNC_ERROR_CODES, SyncError, type SyncErrorCode, type SyncErrorOptions } from "./errors.ts";
export {
  type AnyState,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  type ReadonlyJson,
  type StateRecord,
  sameJson,
  type WireState,
} from "./json.ts";
export { bytesOfObject, bytesOfString, utf8Bytes } from "./json-bytes.ts";
export { keyWithTime, timeOfKey } from "./key-time.ts";
export { mergeDiffs } from "./merge-diffs.ts";
export { mergePatch, mergePatchBetween } from "./merge-patch.ts";
export * from "./messages.ts";
export {
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
} from "./model.ts";
export { isPart, PART_HEADER_BYTES, PartJoiner, type PartProgress, partHeader } from "./parts.ts";
export { isSafeId, MAX_DEPTH, MAX_ID_LENGTH } from "./safety.ts";
export { freezeJson, takeJson } from "./take-json.ts";
export { ignoreWhatComesLater, isThenable } from "./thenable.ts";
