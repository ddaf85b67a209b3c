/** Callers are told of a store that failed in two ways: nothing has moved, or nobody knows. */

import { SyncError } from "@neverstale/protocol";
import { messageOf } from "../runtime/message-of.ts";
import { StoreFailure } from "../store/contract.ts";

export function storeUnavailable(cause: unknown): SyncError {
  return new SyncError("store_unavailable", `the change could not be stored: ${messageOf(cause)}`, {
    hint: `Nothing was stored and nothing has moved. ${whatToDo(cause)}`,
    retryAfterMs: 1_000,
    cause,
  });
}

/** The one who found the cause knows best what to do about it: a wrong password is not mended by freeing a disk. */
function whatToDo(cause: unknown): string {
  let known = cause instanceof StoreFailure ? "Free the disk or wait, then try again." : "Try again.";
  let error = cause;
  for (let depth = 0; error instanceof Error && depth < DEEPEST; depth += 1) {
    if (error instanceof SyncError && error.hint !== "") known = error.hint;
    error = error.cause;
  }
  return known;
}

const DEEPEST = 8;

export function outcomeUnknown(cause: unknown): SyncError {
  return new SyncError("outcome_unknown", `the disk failed: ${messageOf(cause)}`, {
    hint: "Repeat with the same idempotency key after the restart: the answer then tells the truth.",
    cause,
  });
}
