/** A mutation is decided for one request, under its idempotency key and without a line (rules U5 and D1). */

import type { AnyMutation, JsonObject } from "@neverstale/protocol";
import { countWrongCode } from "../accounts/failed-attempts.ts";
import type { JudgedCode } from "../accounts/second-factors.ts";
import type { Log } from "../fleet/log.ts";
import { RequestRefusal } from "../fleet/refusal.ts";
import type { FleetManager } from "../fleet/state.ts";
import type { Transactions } from "../fleet/transact.ts";
import type { TransactFor } from "../http/io/once.ts";
import type { RefusalLog } from "../http/refusal-log.ts";
import { type Ask, askedBy, userOf } from "../http/route.ts";
import { HintedRefusal, type MutationRights } from "./dispatch-mutations.ts";
import { looksDangerous, requireSafeguards } from "./rules/danger.ts";

/**
 * The body of `ask` holds the arguments, which have been through the schema of the mutation. It throws a `RequestRefusal` for what the
 * mutation refuses.
 */
export async function mutateOnce(parts: MutateParts, ask: Ask<unknown>, mutation: AnyMutation) {
  const { manager, transactFor, secondFactors } = parts;
  const by = askedBy(ask);
  const { user } = by;
  const rights = { ...by, role: userOf(ask).role } satisfies MutationRights as MutationRights & JsonObject;
  const args = ask.body as JsonObject;
  const isProgram = ask.caller.apiToken !== null;
  const isEnrolled = !isProgram && secondFactors.isEnrolled(user);
  const isTried = isEnrolled && typeof args.totp === "string" && looksDangerous(manager.state, args);
  const code = isTried ? secondFactors.judge(user, String(args.totp)) : null;
  const asker = { user, isProgram, isEnrolled, code };
  const decided = transactFor(ask, (work, idFor) => {
    let ids = 0;
    const newId = () => idFor(`${++ids}`);
    const { transaction } = work;
    const context = { user, rights, now: work.at.ms, newId, transaction };
    const outcome = mutation.decide(work.fleet as never, ask.body as never, context);
    if (outcome instanceof HintedRefusal) throw outcome.request;
    const { answer } = outcome as Answered;
    requireSafeguards(work, asker, args, answer);
    return answer;
  });
  // Who is refused for something else learns nothing of the code, so that was no guess either.
  const { applied, result } = await decided.catch((error: unknown) => {
    const isOfCode = error instanceof RequestRefusal && error.code === "totp_required";
    if (isOfCode && code !== null) return countWrongCode(parts, ask, user, error);
    code?.wasRight();
    throw error;
  });
  code?.wasRight();
  return { answer: result, epoch: applied.epoch, version: applied.version };
}

export interface MutateParts {
  readonly manager: FleetManager;
  readonly transactFor: TransactFor;
  readonly transactions: Transactions;
  readonly refusalLog: RefusalLog;
  readonly log: Log;
  readonly secondFactors: {
    isEnrolled(user: string): boolean;
    judge(user: string, code: string): JudgedCode;
  };
}

/** The fleet's mutations change its spaces by the transaction alone. */
interface Answered {
  readonly answer: JsonObject;
}
