import type { Diff } from "../diff/diff.ts";
import type { SyncErrorCode } from "../errors.ts";
import type { WireState } from "../json/json.ts";
import type { Change } from "../model/change.ts";

/** The WebSocket subprotocol of the full profile; without it a connection speaks the plain one. */
export const SUBPROTOCOL = "neverstale.v1";
/** A browser's second subprotocol is this and its CSRF token. */
export const CSRF_SUBPROTOCOL_PREFIX = "csrf.";

/** How many epochs a `lineage` lists, the newest ones, oldest of them first. */
export const LINEAGE_LENGTH = 16;
/** A frame may be put while fewer bytes than this are unacked (rule A4b). */
export const WINDOW_BYTES = 1024 * 1024;
/** A replica acks after this time or this many bytes, whichever is first. */
export const ACK_AFTER_MS = 250;
export const ACK_AFTER_BYTES = 256 * 1024;
/** With the value 1 in the address of `neverstale.v1`: large messages are to come in parts (rule M9). */
export const PARTS_PARAMETER = "parts";
/** No part holds more of its message than this. */
export const MAX_PART_BYTES = 64 * 1024;
/** A text frame from a replica is refused above this size. */
export const MAX_CLIENT_FRAME_BYTES = 64 * 1024;
/** An inflated frame is refused above this size (rule R10). */
export const MAX_INFLATED_BYTES = 64 * 1024 * 1024;
export const DEFAULT_BEACON_MS = 30_000;

/** A position in the one order: resumable where the lineage says that it is still history (rule E2). */
export interface Position {
  readonly epoch: string;
  /** The space's creation id. */
  readonly space: string;
  readonly version: number;
}

/** `[epoch, last version]`, oldest first, empty runs included. */
export type Lineage = readonly (readonly [epoch: string, lastVersion: number])[];

export interface FullStateMessage {
  readonly type: "init" | "full_state";
  readonly version: number;
  readonly epoch: string;
  readonly space: string;
  readonly model: number;
  readonly digest: string;
  readonly beaconMs: number;
  readonly lineage: Lineage;
  readonly payload: WireState;
}

export interface DeltaMessage {
  readonly type: "delta";
  readonly from: number;
  readonly version: number;
  readonly payload: Diff;
}

export interface SyncMessage {
  readonly type: "sync";
  /** This connection's position. */
  readonly version: number;
  /** The authority's newest version. */
  readonly head: number;
  readonly digest?: string;
  /** The `n` of the `check` this answers. */
  readonly check?: number;
  /** Between the parts of a message: how many bytes of it have been put (rule M9). */
  readonly part?: number;
  /** What the authority's wall clock said when this was made, in whole milliseconds since 1970. */
  readonly at?: number;
  /** Only in the first message of a resumed connection (rule E4). */
  readonly resumed?: ResumeFacts;
}

/** On the wire these are members of the `sync` itself; decoded, they come together or not at all. */
export interface ResumeFacts {
  readonly epoch: string;
  readonly space: string;
  readonly model: number;
  readonly beaconMs: number;
  readonly lineage: Lineage;
}

export interface ErrorMessage {
  readonly type: "error";
  readonly code: SyncErrorCode;
  readonly message: string;
  readonly hint: string;
  readonly retryAfterMs?: number;
}

export type ServerMessage = FullStateMessage | DeltaMessage | SyncMessage | ErrorMessage;

export type ResyncReason = "gap" | "drift" | "digest" | "epoch" | "manual";
export const RESYNC_REASONS: readonly ResyncReason[] = ["gap", "drift", "digest", "epoch", "manual"];

export type ClientMessage =
  | { readonly type: "check"; readonly n: number }
  | { readonly type: "ack"; readonly n: number }
  | { readonly type: "get_state"; readonly reason: ResyncReason };

/** The plain profile (rule M1): what a connection without subprotocol is sent. */
export type PlainServerMessage =
  | { readonly type: "init" | "full_state"; readonly version: number; readonly payload: WireState }
  | { readonly type: "delta"; readonly version: number; readonly payload: Change }
  | { readonly type: "sync"; readonly version: number };

export type PlainClientMessage = { readonly type: "get_state" };

/** Why a connection was closed, and so what the replica does next. */
export const CLOSE = {
  comeBackNow: 1012,
  comeBackLater: 1013,
  badMessage: 4400,
  notSignedIn: 4401,
  forbidden: 4403,
  unknownSpace: 4404,
  tooSlow: 4408,
  clientTooOld: 4426,
} as const;

export type CloseCode = (typeof CLOSE)[keyof typeof CLOSE];
