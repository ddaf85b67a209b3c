/** A told error is one that the writer has thrown for a forwarded call, on its way to the caller. */

import { SYNC_ERROR_CODES, SyncError, type SyncErrorCode } from "@neverstale/protocol";
import { isRecordOfUnknown } from "./entry-shape.ts";

export interface ToldError {
  /** It is null for what is no `SyncError`. */
  readonly code: SyncErrorCode | null;
  readonly message: string;
  readonly hint: string;
  readonly retryAfterMs: number | null;
}

export function told(error: unknown): ToldError {
  if (error instanceof SyncError) {
    const { code, message, hint, retryAfterMs } = error;
    return { code, message, hint, retryAfterMs };
  }
  return { code: null, message: error instanceof Error ? error.message : String(error), hint: "", retryAfterMs: null };
}

export function errorTold({ code, message, hint, retryAfterMs }: ToldError): Error {
  if (code === null) return new Error(message);
  return new SyncError(code, message, retryAfterMs === null ? { hint } : { hint, retryAfterMs });
}

/** It returns null for what is no told error. */
export function errorIn(error: unknown): ToldError | null {
  if (!isRecordOfUnknown(error)) return null;
  const { code, message, hint, retryAfterMs } = error;
  if (typeof message !== "string" || typeof hint !== "string") return null;
  const known = SYNC_ERROR_CODES.find((name) => name === code) ?? null;
  return { code: known, message, hint, retryAfterMs: typeof retryAfterMs === "number" ? retryAfterMs : null };
}
