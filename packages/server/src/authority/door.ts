/** At the door, all that a caller hands over beside its changes is checked, and copied. */

import {
  type AskedChange,
  ignoreWhatComesLater,
  isSafeId,
  isThenable,
  type JsonValue,
  SyncError,
  takeJson,
} from "@neverstale/protocol";
import type { Decision, RemoveOptions, TransactOptions } from "./transaction.ts";

/**
 * The options are looked at before they can meet what others do in the same group: whatever is wrong with a call fails that
 * call alone (rule A3).
 */
export function takeOptions(options: TransactOptions): TransactOptions {
  if (typeof options !== "object" || options === null || isThenable(options))
    throw refused("the options of a call are an object");
  const { space, ephemeral, key } = options;
  if (space !== undefined) requireSpaceName(space);
  if (ephemeral !== undefined && typeof ephemeral !== "boolean") throw refused("`ephemeral` is true or false");
  return {
    ...(space === undefined ? {} : { space }),
    ...(ephemeral === undefined ? {} : { ephemeral }),
    ...(key === undefined ? {} : { key: takeKey(key) }),
  };
}

/** The `id`, the `bodyHash` and the `owner` of an idempotency key have so many UTF-16 code units at most. */
export const MAX_KEY_LENGTH = 1_024;

function takeKey(key: NonNullable<TransactOptions["key"]>): NonNullable<TransactOptions["key"]> {
  if (typeof key !== "object" || key === null) throw refused("an idempotency key is `{id, bodyHash}`");
  const { id, bodyHash, owner, madeAt } = key;
  if (!isKeyText(id) || id === "") throw refused("the `id` of an idempotency key is not allowed (rule D1)");
  if (!isKeyText(bodyHash)) throw refused("the `bodyHash` of an idempotency key is not allowed (rule D1)");
  if (owner !== undefined && !isKeyText(owner))
    throw refused("the `owner` of an idempotency key is not allowed (rule D1)");
  if (madeAt !== undefined && !Number.isFinite(madeAt)) throw refused("`madeAt` of an idempotency key is a time in ms");
  return { id, bodyHash, ...(owner === undefined ? {} : { owner }), ...(madeAt === undefined ? {} : { madeAt }) };
}

function isKeyText(text: unknown): text is string {
  return typeof text === "string" && text.length <= MAX_KEY_LENGTH && text.isWellFormed() && !text.includes("\0");
}

/** It throws `invalid_change` for a name that rule S4 does not allow. */
export function requireSpaceName(name: unknown): asserts name is string {
  if (!isSafeId(name)) throw refused("the name of the space is not allowed (rule S4)");
}

/** Whoever ends a space says what becomes of the records that it held: neither is done because something was left out. */
export function checkedRemoval(options: RemoveOptions | undefined): RemoveOptions {
  const archive: unknown = options?.archive;
  if (typeof archive === "boolean") return { archive };
  throw new SyncError("invalid_change", "`archive` of `removeSpace` is true or false", {
    hint: "With true its records can be read in the history for as long as that is kept. With false its history is deleted.",
  });
}

/** Takes what a decision returned. The answer is a copy. */
export function takeDecision(decision: unknown): {
  readonly changes: readonly AskedChange[];
  readonly answer: JsonValue;
} {
  if (Array.isArray(decision)) return { changes: decision, answer: null };
  if (typeof decision !== "object" || decision === null) throw notDecided();
  const { changes, answer } = decision as Partial<Decision>;
  requireChanges(changes);
  return { changes, answer: answer === undefined ? null : takeJson(answer, "answer") };
}

export function requireChanges(changes: unknown): asserts changes is readonly AskedChange[] {
  if (!Array.isArray(changes)) throw notDecided();
}

export function notDecided(): SyncError {
  return new SyncError("invalid_change", "a decision gives its changes at once: it can't be asynchronous (rule A3)", {
    hint: "Await what you need before you call `transact`, and return a list of changes.",
  });
}

/** Nothing of the call was taken in, so nobody waits for what its parts may still come to. */
export function refusedAtTheDoor(error: unknown, ...given: readonly unknown[]): Promise<never> {
  ignoreWhatComesLater([error, ...given]);
  return Promise.reject(isThenable(error) ? notDecided() : error);
}

function refused(why: string): SyncError {
  return new SyncError("invalid_change", why, { hint: "Nothing of this call was stored: mend it and call again." });
}
