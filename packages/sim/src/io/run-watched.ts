/** A watched run takes an error that nobody caught for a failure of the run. */

import type { RunPlan } from "../plan/plan.ts";
import { type RunResult, runPlan } from "../run.ts";

/** Only one run may go on at a time, because nobody says whose error it was. */
export async function runWatched(plan: RunPlan): Promise<RunResult> {
  let uncaught: unknown = null;
  const note = (error: unknown): void => {
    uncaught ??= error ?? new Error("something empty was thrown");
  };
  process.on("unhandledRejection", note);
  process.on("uncaughtException", note);
  try {
    const result = await runPlan(plan);
    // A promise that nobody waits for is found out once the event loop has turned.
    await new Promise((resolve) => setImmediate(resolve));
    return uncaught === null || result.failure !== null ? result : withFailure(result, uncaught);
  } finally {
    process.off("unhandledRejection", note);
    process.off("uncaughtException", note);
  }
}

function withFailure(result: RunResult, error: unknown): RunResult {
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { ...result, failure: { rule: "crash", message, at: result.endedAt } };
}
