/** An attempt to sign in, or to confirm who somebody is, has failed: it is counted and logged, and changes nothing in its answer. */

import type { Log } from "../fleet/log.ts";
import { RequestRefusal } from "../fleet/refusal.ts";
import type { Transactions } from "../fleet/transact.ts";
import type { RefusalLog } from "../http/refusal-log.ts";
import { callerOf, type RequestSource } from "../http/route.ts";
import { addFailedSignIn } from "./failed-sign-ins.ts";

/** Whoever has failed is answered in the same way whether or not it could be stored. */
export async function countFailedSignIn({ transactions, refusalLog }: CountParts, address: string): Promise<void> {
  await transactions
    .transact((work) => addFailedSignIn(work, address))
    .catch((err: unknown) =>
      refusalLog.failed("sign_in_failed", { err }, "a sign-in that failed could not be counted"),
    );
}

/** Whoever shows a wrong code knows the password or has a session, so that is worth more attention. It throws what it was given. */
export async function countWrongCode(
  parts: CountParts & { readonly log: Log },
  source: RequestSource,
  user: string,
  error: unknown,
): Promise<never> {
  if (error instanceof RequestRefusal && error.code === "totp_required") {
    parts.log.warn({ ...callerOf(source), user }, "a code was refused: it was wrong, or was used before");
    await countFailedSignIn(parts, source.address);
  }
  throw error;
}

interface CountParts {
  readonly transactions: Transactions;
  readonly refusalLog: RefusalLog;
}
