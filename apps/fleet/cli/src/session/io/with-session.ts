/** Commands that ask the server for something do so in a session, which ends with them. */

import { SyncError } from "@neverstale/protocol";
import { Failure } from "../../command-line/failure.ts";
import type { SignInFlags } from "../../command-line/flags.ts";
import { interruptible } from "./interrupt.ts";
import { CommandLineSession } from "./session.ts";

/** Signs in, runs, and signs out, however the run ends. Throws a `Failure` where a request was refused, or nobody knows what became of it. */
export async function withSession<T>(
  flags: SignInFlags,
  run: (session: CommandLineSession, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  return await interruptible(async (signal) => {
    const session = await CommandLineSession.signIn(flags);
    try {
      return await run(session, signal);
    } catch (error) {
      throw error instanceof SyncError ? new Failure(error.message, { hint: error.hint, cause: error }) : error;
    } finally {
      await session.signOut();
    }
  });
}
