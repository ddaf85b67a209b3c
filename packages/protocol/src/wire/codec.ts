import type { CollectionDiff } from "../diff/diff.ts";
import { SYNC_ERROR_CODES, SyncError } from "../errors.ts";
import type { JsonValue } from "../json/json.ts";
import { isSafeId, isSafeJson, isSafeKey } from "../json/safety.ts";
import {
  type ClientMessage,
  MAX_CLIENT_FRAME_BYTES,
  type PlainClientMessage,
  type PlainServerMessage,
  RESYNC_REASONS,
  type ResumeFacts,
  type ServerMessage,
  type SyncMessage,
} from "./messages.ts";

/** A message as text. The facts of a resumed connection become members of the `sync` itself. */
export function encodeMessage(
  message: ServerMessage | ClientMessage | PlainServerMessage | PlainClientMessage,
): string {
  if (message.type !== "sync" || !("resumed" in message)) return JSON.stringify(message);
  const { resumed, ...sync } = message;
  return JSON.stringify({ ...sync, ...resumed });
}

/**
 * What the authority sent in the profile `neverstale.v1`. Null: a type or an error code that this build does not
 * know, which a replica ignores. Throws `bad_message` for everything else that is no message.
 *
 * Members beyond the declared ones are left alone. Nothing in a message can reach a prototype (rule S4).
 */
export function decodeServerMessage(text: string): ServerMessage | null {
  const message = parsed(text);
  switch (message.type) {
    case "delta":
      return decodeDelta(message);
    case "sync":
      return decodeSync(message);
    case "init":
    case "full_state":
      return decodeFullState(message);
    case "error":
      return decodeError(message);
    default:
      return null;
  }
}

/** What a replica sent in the profile `neverstale.v1`: closed, so an unknown type or member is `bad_message` too. */
export function decodeClientMessage(text: string): ClientMessage {
  const message = parsedFromClient(text);
  switch (message.type) {
    case "check":
      return { type: "check", n: onlyNumber(message, 1) };
    case "ack":
      return { type: "ack", n: onlyNumber(message, 0) };
    case "get_state":
      return { type: "get_state", reason: onlyReason(message) };
    default:
      throw unknownType(message, "check, ack or get_state");
  }
}

/** What the authority sent in the plain profile. Null: a type that this build does not know. */
export function decodePlainServerMessage(text: string): PlainServerMessage | null {
  const message = parsed(text);
  switch (message.type) {
    case "delta":
      requireVersion(message, "version");
      requireChange(message.payload);
      return message as unknown as PlainServerMessage;
    case "sync":
      requireVersion(message, "version");
      return { type: "sync", version: message.version as number };
    case "init":
    case "full_state":
      requireVersion(message, "version");
      requireState(message.payload);
      return message as unknown as PlainServerMessage;
    default:
      return null;
  }
}

/** What a plain client sent: closed, and there is one message. */
export function decodePlainClientMessage(text: string): PlainClientMessage {
  const message = parsedFromClient(text);
  if (message.type !== "get_state") throw unknownType(message, "get_state");
  requireOnly(message, "type", "type");
  return { type: "get_state" };
}

/** An object as `JSON.parse` gives it: nothing is known of its members. */
type Loose = { readonly [key: string]: unknown };

function parsed(text: string): Loose {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw bad(`the frame is not JSON: ${quote(text)}`, cause);
  }
  if (!isObject(value)) throw bad(`the frame is not a JSON object: ${quote(text)}`);
  if (typeof value.type !== "string") throw bad("the message has no `type`");
  return value;
}

function parsedFromClient(text: string): Loose {
  if (text.length > MAX_CLIENT_FRAME_BYTES) throw bad(`the frame has more than ${MAX_CLIENT_FRAME_BYTES} bytes`);
  return parsed(text);
}

function decodeDelta(message: Loose): ServerMessage {
  requireVersion(message, "from");
  requireVersion(message, "version");
  if ((message.version as number) < (message.from as number)) throw bad("a delta's `version` is below its `from`");
  requireDiff(message.payload);
  return message as unknown as ServerMessage;
}

function requireDiff(payload: unknown): void {
  if (!isObject(payload)) throw bad("a delta's `payload` is not an object");
  for (const collection in payload) {
    if (!isSafeId(collection)) throw unsafe(collection);
    requireCollectionDiff(payload[collection]);
  }
}

function requireCollectionDiff(moved: unknown): void {
  if (!isObject(moved)) throw bad("what moved in a collection is not an object");
  for (const kind in moved) {
    switch (kind as keyof CollectionDiff) {
      case "set":
        requireSet(moved.set);
        break;
      case "unset":
        requireUnset(moved.unset);
        break;
      case "put":
        requireRecords(moved.put);
        break;
      case "remove":
        requireIds(moved.remove);
        break;
      default:
        throw bad(`a diff has no ${quote(kind)}`);
    }
  }
}

function requireSet(set: unknown): void {
  if (!isObject(set)) throw bad("`set` is not an object");
  for (const id in set) {
    if (!isSafeId(id)) throw unsafe(id);
    const fields = set[id];
    if (!isObject(fields)) throw bad("the fields in a `set` are not an object");
    for (const field in fields) {
      if (!isSafeKey(field) || field === "id") throw unsafe(field);
      requireValue(fields[field]);
    }
  }
}

function requireUnset(unset: unknown): void {
  if (!isObject(unset)) throw bad("`unset` is not an object");
  for (const id in unset) {
    if (!isSafeId(id)) throw unsafe(id);
    const fields = unset[id];
    if (!Array.isArray(fields)) throw bad("the fields in an `unset` are not a list");
    for (const field of fields) {
      if (typeof field !== "string" || !isSafeKey(field) || field === "id") throw unsafe(field);
    }
  }
}

function requireIds(ids: unknown): void {
  if (!Array.isArray(ids)) throw bad("`remove` is not a list");
  for (const id of ids) if (!isSafeId(id)) throw unsafe(id);
}

function requireRecords(records: unknown): void {
  if (!Array.isArray(records)) throw bad("the records of a collection are not a list");
  for (const record of records) {
    if (!isObject(record)) throw bad("a record is not an object");
    if (!isSafeId(record.id)) throw unsafe(record.id);
    for (const field in record) {
      if (!isSafeKey(field)) throw unsafe(field);
      requireValue(record[field]);
    }
  }
}

/** The value of a record's field: never null (rule S1), and nothing in it that rule S4 refuses. */
function requireValue(value: unknown): void {
  if (value === null) throw bad("a record's field is null");
  if (!isSafeJson(value as JsonValue, 1)) throw bad("a value holds a key, a string or a depth that is not allowed");
}

function requireState(payload: unknown): void {
  if (!isObject(payload)) throw bad("the state is not an object");
  for (const collection in payload) {
    if (!isSafeId(collection)) throw unsafe(collection);
    requireRecords(payload[collection]);
  }
}

function requireChange(change: unknown): void {
  if (!isObject(change)) throw bad("a change is not an object");
  requireText(change, "type");
  if (typeof change.target !== "string") throw bad("`target` is not a string");
  if (!isObject(change.data) || !isSafeJson(change.data as JsonValue, 0))
    throw bad("a change's `data` is not an allowed object");
}

function decodeFullState(message: Loose): ServerMessage {
  requireVersion(message, "version");
  requireFacts(message);
  requireDigest(message.digest);
  requireState(message.payload);
  return message as unknown as ServerMessage;
}

/** Made anew: what comes together or not at all is one member inside. */
function decodeSync(message: Loose): SyncMessage {
  requireVersion(message, "version");
  requireVersion(message, "head");
  if (message.digest !== undefined) requireDigest(message.digest);
  if (message.check !== undefined) requireWhole(message, "check", 1);
  if (message.part !== undefined) requireWhole(message, "part", 1);
  if (message.at !== undefined) requireWhole(message, "at", 0);
  const { version, head, digest, check, part, at } = message as unknown as SyncMessage;
  return {
    type: "sync",
    version,
    head,
    ...(digest === undefined ? {} : { digest }),
    ...(check === undefined ? {} : { check }),
    ...(part === undefined ? {} : { part }),
    ...(at === undefined ? {} : { at }),
    ...(isResumed(message) ? { resumed: resumeFacts(message) } : {}),
  };
}

function isResumed(message: Loose): boolean {
  return (
    message.epoch !== undefined ||
    message.space !== undefined ||
    message.model !== undefined ||
    message.beaconMs !== undefined ||
    message.lineage !== undefined
  );
}

function resumeFacts(message: Loose): ResumeFacts {
  requireFacts(message);
  const { epoch, space, model, beaconMs, lineage } = message as unknown as ResumeFacts;
  return { epoch, space, model, beaconMs, lineage };
}

function requireFacts(message: Loose): void {
  requireText(message, "epoch");
  requireText(message, "space");
  requireWhole(message, "model", 0);
  requireWhole(message, "beaconMs", 1);
  if (!Array.isArray(message.lineage)) throw bad("`lineage` is not a list");
  for (const run of message.lineage) {
    if (!Array.isArray(run) || run.length !== 2) throw bad("a run in `lineage` is not `[epoch, last version]`");
    if (!isSafeId(run[0]) || !isWhole(run[1], 0)) throw bad("a run in `lineage` is not `[epoch, last version]`");
  }
}

function decodeError(message: Loose): ServerMessage | null {
  requireText(message, "code");
  if (typeof message.message !== "string" || typeof message.hint !== "string") {
    throw bad("an error's `message` and `hint` are strings");
  }
  if (message.retryAfterMs !== undefined) requireWhole(message, "retryAfterMs", 0);
  return (SYNC_ERROR_CODES as readonly unknown[]).includes(message.code) ? (message as unknown as ServerMessage) : null;
}

const DIGEST = /^[0-9a-f]{16}$/;

function requireDigest(digest: unknown): void {
  if (typeof digest !== "string" || !DIGEST.test(digest)) throw bad("`digest` is not 16 lower-case hex digits");
}

function requireVersion(message: Loose, member: string): void {
  requireWhole(message, member, 0);
}

function requireWhole(message: Loose, member: string, least: number): void {
  if (!isWhole(message[member], least)) throw bad(`\`${member}\` is not a whole number from ${least}`);
}

function isWhole(value: unknown, least: number): boolean {
  return Number.isSafeInteger(value) && (value as number) >= least;
}

function requireText(message: Loose, member: string): void {
  if (!isSafeId(message[member])) throw bad(`\`${member}\` is not a string that is allowed`);
}

function onlyNumber(message: Loose, least: number): number {
  requireOnly(message, "type", "n");
  requireWhole(message, "n", least);
  return message.n as number;
}

function onlyReason(message: Loose) {
  requireOnly(message, "type", "reason");
  const reason = RESYNC_REASONS.find((known) => known === message.reason);
  if (reason === undefined) throw bad(`\`reason\` is not one of ${RESYNC_REASONS.join(", ")}`);
  return reason;
}

function requireOnly(message: Loose, first: string, second: string): void {
  for (const member of Object.keys(message)) {
    if (member !== first && member !== second) throw bad(`a ${quote(message.type)} has no member ${quote(member)}`);
  }
}

function isObject(value: unknown): value is Loose {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function unknownType(message: Loose, known: string): SyncError {
  return bad(`the type ${quote(message.type)} is not known here: ${known}`);
}

function unsafe(name: unknown): SyncError {
  return bad(`${quote(name)} is not allowed as an id or a field here (rule S4)`);
}

/** At most 40 characters of what came: enough to find it, too little to fill a log. */
function quote(value: unknown): string {
  const text = typeof value === "string" ? value : String(JSON.stringify(value));
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}…` : text);
}

function bad(message: string, cause?: unknown): SyncError {
  const hint = "See the messages of the protocol in packages/protocol/SPEC.md.";
  return new SyncError("bad_message", message, cause === undefined ? { hint } : { hint, cause });
}
