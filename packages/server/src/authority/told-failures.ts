/** Callers are told of a store that failed in two ways: nothing has moved, or nobody knows. */

import { SyncError } from "@neverstale/protocol";
import { messageOf } from "../runtime/message-of.ts";

export function storeUnavailable(cause: unknown): SyncError {
  return new SyncError("store_unavailable", `the change could not be stored: ${messageOf(cause)}`, {
    hint: "Nothing was stored and nothing has moved. Free the disk or wait, then try again.",
    retryAfterMs: 1_000,
    cause,
  });
}

export function outcomeUnknown(cause: unknown): SyncError {
  return new SyncError("outcome_unknown", `the disk failed: ${messageOf(cause)}`, {
    hint: "Repeat with the same idempotency key after the restart: the answer then tells the truth.",
    cause,
  });
}
