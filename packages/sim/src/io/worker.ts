/** A process that runs seeds for another one, and tells what came of each. */
import { makePlan } from "../make-plan.ts";
import { type RunResult, runPlan } from "../run.ts";
import type { Failure } from "../world.ts";
import type { Order, Report } from "./messages.ts";

let uncaught: Failure | null = null;
const note = (error: unknown): void => {
  uncaught ??= {
    rule: "crash",
    message: error instanceof Error ? (error.stack ?? error.message) : String(error),
    at: 0,
  };
};
process.on("unhandledRejection", note);
process.on("uncaughtException", note);

process.on("message", (order: Order) => void carryOut(order));

async function carryOut({ firstSeed, runs }: Order): Promise<void> {
  for (let seed = firstSeed; seed < firstSeed + runs; seed += 1) tell(await run(String(seed)));
}

/** A promise that nobody waits for is found out about once the event loop has turned. */
async function run(seed: string): Promise<RunResult> {
  uncaught = null;
  const result = await runPlan(makePlan(seed));
  await new Promise((resolve) => setImmediate(resolve));
  return uncaught === null || result.failure !== null ? result : { ...result, failure: uncaught };
}

function tell({ seed, trace, counters, failure }: RunResult): void {
  const report: Report = { seed, trace, counters, failure };
  process.send?.(report);
}
