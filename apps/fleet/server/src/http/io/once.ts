/** A request changes the state in one transaction, and its repeats change nothing. */

import { createHash } from "node:crypto";
import { canonicalJson, type JsonObject, type JsonValue, timeOfKey } from "@neverstale/protocol";
import type { Applied, TransactOptions } from "@neverstale/server";
import { derivedId } from "../../accounts/io/secrets.ts";
import type { IdFor } from "../../commands/dispatch.ts";
import { RequestRefusal } from "../../fleet/refusal.ts";
import type { Transactions } from "../../fleet/transact.ts";
import type { Work } from "../../fleet/work.ts";
import { type Ask, askedFromOf, userOf } from "../route.ts";

export function onceFor(transactions: Transactions): TransactFor {
  return async (ask, decideOn, scope = "") => {
    const asker = askedFromOf(ask);
    const decide: typeof decideOn = (work, idFor) => decideOn(work.askedBy(asker), idFor);
    const key = idempotencyKey(ask);
    if (key === null) {
      const unique = transactions.moment().newId();
      return await transactions.transactOnce(undefined, (work) => decide(work, (part) => derivedId(unique, part)));
    }
    const { user } = userOf(ask);
    const route = `${ask.route.method} ${ask.route.path}`;
    // With a key the ids follow from it, so that nothing can run twice.
    const idFor: IdFor = (part) => derivedId(user, scope, route, key, part);
    const stored = storedKey([user, scope, route, key], ask);
    const madeAt = timeOfKey(key);
    const timed = { ...stored, owner: user, ...(madeAt === null ? {} : { madeAt }) };
    return await transactions.transactOnce(timed, (work) => decide(work, idFor));
  };
}

/**
 * Clients repeat whatever they got no answer to. With an `Idempotency-Key` a repeat gets the first answer and changes nothing (rule D1).
 * `scope` tells apart who may be given that answer, where it is not for the user in every session.
 */
export type TransactFor = <T extends JsonValue>(
  ask: Ask<unknown>,
  decide: (work: Work, idFor: IdFor) => T,
  scope?: string,
) => Promise<{ readonly applied: Applied; readonly result: T }>;

/** It returns the key as the caller gave it, or null when it gave none. */
export function idempotencyKey({ headers }: Ask<unknown>): string | null {
  const key = headers["idempotency-key"];
  if (key === undefined) return null;
  if (typeof key === "string" && /^[\x21-\x7e]{1,200}$/.test(key)) return key;
  throw new RequestRefusal("bad_request", "Idempotency-Key is 1 to 200 visible ASCII characters");
}

function storedKey(parts: readonly string[], { params, body }: Ask<unknown>): NonNullable<TransactOptions["key"]> {
  // The code of a second factor is fresh at each repeat, and alters nothing that is asked.
  const { totp: _, ...meant } = (body ?? {}) as JsonObject;
  const bodyHash = createHash("sha256")
    .update(canonicalJson({ ...params, ...meant }))
    .digest("hex");
  return { id: parts.join(" "), bodyHash };
}
