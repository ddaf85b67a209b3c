/** A mutation is decided for one request, under its idempotency key and without a line (rules U5 and D1). */

import type { AnyMutation, JsonObject } from "@neverstale/protocol";
import type { TransactFor } from "../http/io/once.ts";
import { type Ask, userOf } from "../http/route.ts";
import { HintedRefusal } from "./dispatch-mutations.ts";

/**
 * The body of `ask` holds the arguments, which have been through the schema of the mutation. It throws a `RequestRefusal` for what the
 * mutation refuses.
 */
export async function mutateOnce(transactFor: TransactFor, ask: Ask<unknown>, mutation: AnyMutation) {
  const { user, role } = userOf(ask);
  const { applied, result } = await transactFor(ask, (work, idFor) => {
    let ids = 0;
    const newId = () => idFor(`${++ids}`);
    const { transaction } = work;
    const context = { user, rights: role, now: work.at.ms, newId, transaction };
    const decided = mutation.decide(work.fleet as never, ask.body as never, context);
    if (decided instanceof HintedRefusal) throw decided.request;
    return (decided as Answered).answer;
  });
  return { answer: result, epoch: applied.epoch, version: applied.version };
}

/** The fleet's mutations change its spaces by the transaction alone. */
interface Answered {
  readonly answer: JsonObject;
}
