/** This file has the one class of errors, with its closed list of codes (rule M8). */

/** These codes may travel in an `error` message, or in the answer to a request. */
export const TOLD_ERROR_CODES = [
  "bad_message", // A frame is no message of the protocol.
  "invalid_change", // The model doesn't know the change, or the validator refuses the record.
  "unknown_space", // There is no space of that name.
  "not_signed_in",
  "forbidden",
  "too_many_requests",
  "too_many_views", // Too many different views are followed at this server (rule V21).
  "websocket_needed", // A view of a space is not served over HTTP (rule V23).
  "too_slow", // The reader has taken nothing for a minute (rule A5).
  "client_too_old", // The replica speaks an older protocol than this server accepts.
  "snapshot_failed", // A full state could not be built (rule A9).
  "store_unavailable", // Nothing was stored, and nothing has moved: try again.
  "outcome_unknown", // The disk failed during a commit: repeat with the same key after the restart.
  "key_reused", // The idempotency key was used with another body.
  "key_expired", // The key is older than the answers that are kept, so nobody knows whether the request was carried out.
  "csrf_failed",
  "shutting_down",
] as const;

/**
 * Each code stands for a failure that is outside the caller's control. Compare `code`, as `instanceof` does not survive the
 * wire.
 */
export const SYNC_ERROR_CODES = [
  ...TOLD_ERROR_CODES,
  "not_the_writer", // A decision was handed to a node that decides nothing now: `hint` names the one that does (rule W3).
  "store_newer_than_code", // The data file was written by a newer release.
  "store_locked", // Another process works on the data directory.
  "store_damaged", // The data does not agree with itself.
  "history_lost", // The version is not in the history that the authority has now (rule D2).
  "request_refused", // The server answered a request with a 4xx. Its problem document says why.
  "unreachable", // Nothing answered: whether the request had an effect is unknown.
  "closed", // The object was closed by its owner.
  "mutations_left", // Mutations are kept for this user: whoever signs out says what becomes of them (rule U20).
] as const;

export type SyncErrorCode = (typeof SYNC_ERROR_CODES)[number];

export interface SyncErrorOptions {
  /** It says in one sentence what the reader should do next. */
  readonly hint?: string;
  readonly retryAfterMs?: number;
  readonly cause?: unknown;
}

export class SyncError extends Error {
  override readonly name = "SyncError";
  readonly code: SyncErrorCode;
  readonly hint: string;
  readonly retryAfterMs: number | null;

  constructor(code: SyncErrorCode, message: string, options: SyncErrorOptions = {}) {
    super(message, "cause" in options ? options : undefined);
    this.code = code;
    this.hint = options.hint ?? "";
    this.retryAfterMs = options.retryAfterMs ?? null;
  }
}

/** A failed assertion is a bug in this code, not in its input. It is on in production, as a wrong state must not be shown. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(`assertion failed: ${message}`);
}
