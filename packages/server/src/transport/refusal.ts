/** A refusal says why somebody may not connect; its status is that of an http answer, over whatever they came. */

export interface Refusal {
  /** This is the http status. */
  readonly refuse: number;
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly retryAfterMs?: number;
  /** It names this very refusal, as a log does (RFC 9457): a relative reference, such as the id of the request. */
  readonly instance?: string;
}

/** The judgement itself failed. */
export const UNJUDGED: Refusal = {
  refuse: 500,
  code: "snapshot_failed",
  message: "the connection could not be judged",
};

/** A server that is being stopped is most often being started again. */
const RESTART_RETRY_MS = 1_000;

/** Where there was no room it is worth asking again after so long. */
const NO_ROOM_RETRY_MS = 5_000;

/** The plain profile tells changes by their names, and whole (rule V23). */
export const NOT_FOR_VIEWS: Refusal = {
  refuse: 403,
  code: "forbidden",
  message: "a view of a space is followed by `neverstale.v1`",
  hint: "Only who may see everything can follow the space by the plain profile.",
};

/** It is said for now, since a replica that can't get through by WebSocket tries that again. */
export const WEBSOCKET_NEEDED: Refusal = {
  refuse: 503,
  code: "websocket_needed",
  message: "a view of a space is followed over WebSocket",
  hint: "Only who may see everything can follow the space over HTTP.",
  retryAfterMs: 5_000,
};

export const SHUTTING_DOWN: Refusal = {
  refuse: 503,
  code: "shutting_down",
  message: "the server is being stopped",
  hint: "Come back when it has started again.",
  retryAfterMs: RESTART_RETRY_MS,
};

export const NO_ROOM: Refusal = {
  refuse: 503,
  code: "too_many_requests",
  message: "too many connections",
  hint: "Come back later.",
  retryAfterMs: NO_ROOM_RETRY_MS,
};

export const NO_ROOM_FOR_ADDRESS: Refusal = {
  refuse: 429,
  code: "too_many_requests",
  message: "too many connections from this address",
  hint: "Close one of them, or come back later.",
  retryAfterMs: NO_ROOM_RETRY_MS,
};

export const SESSION_ENDED: Refusal = { refuse: 401, code: "not_signed_in", message: "the session has ended" };

export const RIGHT_TAKEN_AWAY: Refusal = { refuse: 403, code: "forbidden", message: "the right was taken away" };

/** Another look at the rights may grant something else now (rule V16). */
export const RIGHTS_CHANGED: Refusal = {
  refuse: 503,
  code: "store_unavailable",
  message: "what may be seen has changed while this was judged",
  hint: "Come back at once.",
  retryAfterMs: 0,
};

/** It returns true when the value has all that a refusal needs, whatever the types of its maker say. */
export function isRefusal(verdict: unknown): boolean {
  if (typeof verdict !== "object" || verdict === null) return false;
  const { refuse = 0, code, message, hint = "", retryAfterMs = 0 } = verdict as Partial<Refusal>;
  const isError = Number.isInteger(refuse) && refuse >= 400 && refuse <= 599;
  return isError && [code, message, hint].every((text) => typeof text === "string") && Number.isFinite(retryAfterMs);
}
