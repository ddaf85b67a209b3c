/**
 * Every failure that is outside the caller's control, by a code that survives the wire.
 * `instanceof` does not: compare `code`.
 */
export const SYNC_ERROR_CODES = [
  "bad_message", // A frame that is no message of the protocol.
  "invalid_change", // A change that the model doesn't know, or a record its validator refuses.
  "unknown_space", // No space of that name.
  "not_signed_in",
  "forbidden",
  "too_many_requests",
  "too_slow", // The reader took nothing for a minute (rule A5).
  "client_too_old", // The replica speaks an older protocol than this server accepts.
  "snapshot_failed", // A full state could not be built (rule A9).
  "store_unavailable", // Nothing was stored and nothing has moved: try again.
  "outcome_unknown", // The disk failed while committing: repeat with the same key after the restart.
  "store_newer_than_code", // The data file was written by a newer release.
  "store_locked", // Another process works on the data directory.
  "store_damaged", // The data does not agree with itself.
  "key_reused", // The idempotency key was used with another body.
  "key_expired", // The idempotency key is older than the answers still kept: whether it was carried out is not known.
  "history_lost", // The version is not in the history the authority has now (rule D2).
  "csrf_failed",
  "request_refused", // The server answered a dispatch with a 4xx; `problem` says why.
  "unreachable", // Nothing answered: whether the request had an effect is unknown.
  "shutting_down",
  "closed", // The object was closed by its owner.
] as const;

export type SyncErrorCode = (typeof SYNC_ERROR_CODES)[number];

export interface SyncErrorOptions {
  /** What the reader should do next, in one sentence. */
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
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint ?? "";
    this.retryAfterMs = options.retryAfterMs ?? null;
  }
}

/** A bug in this code, not in its input. On in production: a wrong state must not be shown. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new Error(`assertion failed: ${message}`);
}
