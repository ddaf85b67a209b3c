/** Each message is declared once, by the function that reads it from JSON; what this function returns is the message's type. */

import { type SyncErrorCode, TOLD_ERROR_CODES } from "../errors.ts";
import { isSafeId } from "../json/safety.ts";
import {
  bad,
  isWhole,
  type Loose,
  listOf,
  objectOf,
  readCount,
  readDigest,
  readSafeText,
  readString,
  readWhole,
  readWord,
} from "./members.ts";
import { readChange, readDiff, readState } from "./payloads.ts";

export type ServerMessage = FullStateMessage | DeltaMessage | SyncMessage | MutatedMessage | ErrorMessage;

export type ClientMessage = CheckMessage | AckMessage | GetStateMessage;

/** This is what a connection without subprotocol is sent: the plain profile (rule M1). */
export type PlainServerMessage = PlainFullStateMessage | PlainDeltaMessage | PlainSyncMessage;

/** This stands in the place of an optional member that is absent. */
const ABSENT = {};

export interface FullStateMessage extends ReturnType<typeof readFullState> {}

export function readFullState(message: Loose) {
  return {
    type: message.type as "init" | "full_state",
    version: readCount(message, "version"),
    ...readHistoryFacts(message),
    digest: readDigest(message, "digest"),
    payload: readState(message.payload),
  } as const;
}

export interface DeltaMessage extends ReturnType<typeof readDelta> {}

export function readDelta(message: Loose) {
  const from = readCount(message, "from");
  const version = readCount(message, "version");
  if (version < from) throw bad("`version` is below `from`");
  return {
    type: "delta",
    from,
    version,
    /** In a view it proves that the replica was brought to `version` (rule V15). */
    ...(message.ticket === undefined ? ABSENT : { ticket: readSafeText(message, "ticket") }),
    payload: readDiff(message.payload),
  } as const;
}

export interface SyncMessage extends ReturnType<typeof readSync> {}

export function readSync(message: Loose) {
  return {
    type: "sync",
    /** This connection's position. */
    version: readCount(message, "version"),
    /** The authority's newest version. */
    head: readCount(message, "head"),
    ...(message.digest === undefined ? ABSENT : { digest: readDigest(message, "digest") }),
    /** `check` is the `n` of the `check` that this answers. */
    ...(message.check === undefined ? ABSENT : { check: readWhole(message, "check", 1) }),
    /** Between the parts of a message, so many bytes of it have been put (rule M9). */
    ...(message.part === undefined ? ABSENT : { part: readWhole(message, "part", 1) }),
    /** The authority's wall clock said this when the message was made, in whole milliseconds since 1970. */
    ...(message.at === undefined ? ABSENT : { at: readCount(message, "at") }),
    /** These facts stand only in the first message of a resumed connection (rule E4), and in a step (rule E7). */
    ...(hasHistoryFacts(message) ? { resumed: readHistoryFacts(message) } : ABSENT),
  } as const;
}

/** On the wire these are members of the `sync` itself; decoded, they come together or not at all. */
export interface HistoryFacts extends ReturnType<typeof readHistoryFacts> {}

function readHistoryFacts(message: Loose) {
  return {
    epoch: readSafeText(message, "epoch"),
    space: readSafeText(message, "space"),
    model: readCount(message, "model"),
    beaconMs: readWhole(message, "beaconMs", 1),
    lineage: readLineage(message),
    /** A replica of a view shows both to go on from its position (rules V14 and V15). */
    ...(message.view === undefined
      ? ABSENT
      : { view: readSafeText(message, "view"), ticket: readSafeText(message, "ticket") }),
  } as const;
}

/** This proves a position in a view (rule V15). */
export interface ViewProof extends ReturnType<typeof readProof> {}

export function readProof(proof: unknown) {
  const message = objectOf(proof, "a proof");
  return { view: readSafeText(message, "view"), ticket: readSafeText(message, "ticket") } as const;
}

function hasHistoryFacts({ epoch, space, model, beaconMs, lineage }: Loose): boolean {
  return (
    epoch !== undefined || space !== undefined || model !== undefined || beaconMs !== undefined || lineage !== undefined
  );
}

/** Each entry is `[epoch, last version]`, the oldest first, empty runs included. */
export type Lineage = readonly (readonly [epoch: string, lastVersion: number])[];

function readLineage({ lineage }: Loose): Lineage {
  const runs = listOf(lineage, "`lineage`");
  for (const run of runs) {
    if (!Array.isArray(run) || run.length !== 2 || !isSafeId(run[0]) || !isWhole(run[1], 0)) {
      throw bad("a run in `lineage` is not `[epoch, version]`");
    }
  }
  return runs as Lineage;
}

export interface MutatedMessage extends ReturnType<typeof readMutated> {}

/** In the state at `version`, and in every later one, are all mutations of the line up to `n` that were not refused (rule U11). */
export function readMutated(message: Loose) {
  return {
    type: "mutated",
    line: readSafeText(message, "line"),
    n: readWhole(message, "n", 1),
    version: readCount(message, "version"),
  } as const;
}

export interface ErrorMessage extends NonNullable<ReturnType<typeof readError>> {}

/** It returns null when this build does not know the code: the code with which the socket is closed says what to do. */
export function readError(message: Loose) {
  const code = readSafeText(message, "code");
  const error = {
    type: "error",
    code: code as SyncErrorCode,
    message: readString(message, "message"),
    hint: readString(message, "hint"),
    ...(message.retryAfterMs === undefined ? ABSENT : { retryAfterMs: readCount(message, "retryAfterMs") }),
  } as const;
  return (TOLD_ERROR_CODES as readonly string[]).includes(code) ? error : null;
}

interface CheckMessage extends ReturnType<typeof readCheck> {}

export function readCheck(message: Loose) {
  return { type: "check", n: readWhole(message, "n", 1) } as const;
}

interface AckMessage extends ReturnType<typeof readAck> {}

export function readAck(message: Loose) {
  return { type: "ack", n: readCount(message, "n") } as const;
}

export type ResyncReason = "gap" | "drift" | "digest" | "epoch" | "manual";
export const RESYNC_REASONS: readonly ResyncReason[] = ["gap", "drift", "digest", "epoch", "manual"];

interface GetStateMessage extends ReturnType<typeof readGetState> {}

export function readGetState(message: Loose) {
  return { type: "get_state", reason: readWord(message, "reason", RESYNC_REASONS) } as const;
}

interface PlainFullStateMessage extends ReturnType<typeof readPlainFullState> {}

export function readPlainFullState(message: Loose) {
  return {
    type: message.type as "init" | "full_state",
    version: readCount(message, "version"),
    payload: readState(message.payload),
  } as const;
}

interface PlainDeltaMessage extends ReturnType<typeof readPlainDelta> {}

export function readPlainDelta(message: Loose) {
  return { type: "delta", version: readCount(message, "version"), payload: readChange(message.payload) } as const;
}

interface PlainSyncMessage extends ReturnType<typeof readPlainSync> {}

export function readPlainSync(message: Loose) {
  return { type: "sync", version: readCount(message, "version") } as const;
}

export interface PlainClientMessage extends ReturnType<typeof readPlainGetState> {}

export function readPlainGetState(_: Loose) {
  return { type: "get_state" } as const;
}

/** This is a position in the one order. It can be resumed where the lineage says that it is still history (rule E2). */
export interface Position {
  readonly epoch: string;
  /** The space's creation id. */
  readonly space: string;
  readonly version: number;
  /** A position in a view is resumed with what the authority gave with it (rule V15). */
  readonly proof?: ViewProof;
}
