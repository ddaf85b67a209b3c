/** A reply of the HTTP profile: its status, who may keep it and for how long, and its body (rules H1, H2, H5, H8). */

import type { Millis } from "@neverstale/base";
import { CLOSE, type Position, PROTOCOL_HEADER, SIZE_HEADER, SyncError } from "@neverstale/protocol";
import type { Frame } from "../../followers/wire.ts";
import { type Refusal, RIGHT_TAKEN_AWAY, SESSION_ENDED, SHUTTING_DOWN } from "../refusal.ts";
import { SNAPSHOT_PATH, statePath } from "./address.ts";

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: ReplyBody;
}

export type ReplyBody =
  | { readonly type: "none" }
  | { readonly type: "problem"; readonly refusal: Refusal; readonly snapshot?: string }
  /** Messages, one a line. */
  | { readonly type: "messages"; readonly frames: readonly Frame[] }
  /** One message, compressed once for everyone. */
  | { readonly type: "state"; readonly frame: Frame };

/** It says for whom replies are, which decides whether a cache between may keep them (rule H8). */
export type Audience = "everybody" | "session";

/** Nobody keeps what is for one session, so that nothing of it is left anywhere when the session ends (rule R9). */
function kept(audience: Audience, howLong: string): Readonly<Record<string, string>> {
  return audience === "session"
    ? { "Cache-Control": "private, no-store" }
    : { "Cache-Control": `public, ${howLong}`, ...FOR_PAGES_ANYWHERE };
}

/** A page of another site is shown no other headers than these. */
const FOR_PAGES_ANYWHERE = {
  "Access-Control-Allow-Origin": "*",
  "Access-Control-Expose-Headers": `Age, Retry-After, ${PROTOCOL_HEADER}, ${SIZE_HEADER}`,
};

/** By caches that many share. A browser would keep it a second time, behind the one that it came from. */
const A_SECOND = "max-age=0, s-maxage=1";
const A_YEAR = "max-age=31536000, immutable";
const NOT_KEPT = "no-store";

/** They may be kept for a second, or by nobody. An answer that took a while to be made says how old its beginning is (rule H6). */
export function messages(
  audience: Audience,
  frames: readonly Frame[],
  mayBeKept: boolean,
  madeForMs: Millis = 0,
): Reply {
  const cache = mayBeKept ? kept(audience, A_SECOND) : unkept(audience);
  const age = madeForMs > AT_ONCE_MS ? { Age: `${Math.ceil(madeForMs / 1000)}` } : {};
  const headers = { ...cache, ...age, ...typed("application/x-ndjson") };
  return { status: 200, headers, body: { type: "messages", frames } };
}

/** An answer is most often made in one turn of the event loop. */
const AT_ONCE_MS: Millis = 50;

export function stream(audience: Audience, mayBeKept: boolean): Reply {
  const cache = mayBeKept ? kept(audience, A_SECOND) : unkept(audience);
  // Without the last header nginx would gather the events until its buffer is full.
  const headers = { ...cache, ...typed("text/event-stream"), "X-Accel-Buffering": "no" };
  return { status: 200, headers, body: { type: "none" } };
}

export function state(audience: Audience, position: Position, frame: Frame, known: string | undefined): Reply {
  // It is a weak one, as another node may put the records in another order (rule H1).
  const etag = `W/"${statePath(position)}"`;
  const headers = { ...kept(audience, A_YEAR), ETag: etag };
  if (known === etag) return { status: 304, headers, body: { type: "none" } };
  return { status: 200, headers: { ...headers, ...typed("application/json") }, body: { type: "state", frame } };
}

/** From the way to the snapshot to the snapshot itself. */
export function toState(audience: Audience, position: Position): Reply {
  return {
    status: 302,
    headers: { ...kept(audience, A_SECOND), Location: statePath(position) },
    body: { type: "none" },
  };
}

/** This node holds another version than the one that was asked for. */
export function toSnapshot(audience: Audience): Reply {
  return { status: 302, headers: { ...unkept(audience), Location: SNAPSHOT_PATH }, body: { type: "none" } };
}

function gone(audience: Audience): Reply {
  return {
    status: 410,
    headers: kept(audience, A_SECOND),
    body: { type: "problem", refusal: NOTHING_LEADS_ON, snapshot: SNAPSHOT_PATH },
  };
}

export function refused(refusal: Refusal): Reply {
  const { refuse, retryAfterMs } = refusal;
  const retry = retryAfterMs === undefined ? {} : { "Retry-After": `${Math.ceil(retryAfterMs / 1000)}` };
  const headers = { "Cache-Control": NOT_KEPT, ...retry };
  return { status: refuse, headers, body: { type: "problem", refusal } };
}

/** The hub closed a reader before it was answered: the status says what the code does (rule M7). */
export function closedWith(audience: Audience, code: number): Reply {
  if (code === CLOSE.tooSlow) return gone(audience);
  return refused(REFUSAL_OF_CODE.get(code) ?? UNAVAILABLE);
}

export function methodRefused(allowed: string): Reply {
  const refusal: Refusal = { refuse: 405, code: "bad_message", message: "this address is only read" };
  const { headers, body } = refused(refusal);
  return { status: 405, headers: { ...headers, Allow: allowed }, body };
}

export function options(audience: Audience, allowed: string): Reply {
  const cors = audience === "everybody" ? FOR_PAGES_ANYWHERE : {};
  const headers = { "Cache-Control": NOT_KEPT, Allow: allowed, ...cors };
  return { status: 204, headers, body: { type: "none" } };
}

function unkept(audience: Audience): Readonly<Record<string, string>> {
  const headers = kept(audience, A_SECOND);
  return audience === "session" ? headers : { ...headers, "Cache-Control": NOT_KEPT };
}

function typed(type: string): Readonly<Record<string, string>> {
  return { "Content-Type": `${type}; charset=utf-8`, "X-Content-Type-Options": "nosniff" };
}

const NOTHING_LEADS_ON: Refusal = {
  refuse: 410,
  code: "no_diff",
  message: "nothing leads on from this position",
  hint: "Ask for the snapshot.",
};

const UNAVAILABLE: Refusal = {
  refuse: 503,
  code: "store_unavailable",
  message: "this can't be answered now",
  hint: "Come back later.",
  retryAfterMs: 5_000,
};

const NO_SPACE: Refusal = { refuse: 404, code: "unknown_space", message: "the space has ended" };

const REFUSAL_OF_CODE: ReadonlyMap<number, Refusal> = new Map([
  [CLOSE.comeBackNow, SHUTTING_DOWN],
  [CLOSE.notSignedIn, SESSION_ENDED],
  [CLOSE.forbidden, RIGHT_TAKEN_AWAY],
  [CLOSE.unknownSpace, NO_SPACE],
]);

const STATUS_OF: ReadonlyMap<string, number> = new Map([
  ["unknown_space", 404],
  ["forbidden", 403],
]);

/** It tells whoever asked why. It throws what nobody is to be told. */
export function toldRefusal(error: unknown): Refusal {
  if (!(error instanceof SyncError)) throw error;
  const { code, message, hint, retryAfterMs } = error;
  const refusal = { refuse: STATUS_OF.get(code) ?? 503, code, message, hint };
  return retryAfterMs === null ? refusal : { ...refusal, retryAfterMs };
}
