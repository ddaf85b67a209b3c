/** A worker is a process that runs seeds, or one plan, for another process, and tells what came of each. */

import { makePlan } from "../plan/make-plan.ts";
import { makePagesPlan } from "../plan/pages-plan.ts";
import type { RunPlan } from "../plan/plan.ts";
import { makeViewsPlan } from "../plan/views/views-plan.ts";
import type { RunResult } from "../run.ts";
import type { Order, RunReport } from "./messages.ts";
import { runWatched } from "./run-watched.ts";

const planOf = plannerFor(process.argv);

/** With one of these arguments only the pages, or the followers of views, of each seed are run. */
function plannerFor(args: readonly string[]): (seed: string) => RunPlan {
  if (args.includes("--views")) return makeViewsPlan;
  return args.includes("--pages") ? makePagesPlan : makePlan;
}

process.on("message", (order: Order) => void carryOut(order));

async function carryOut(order: Order): Promise<void> {
  if ("plan" in order) return tell(await runWatched(order.plan));
  const { firstSeed, runs } = order;
  for (let seed = firstSeed; seed < firstSeed + runs; seed += 1) {
    const result = await runWatched(planOf(String(seed)));
    tell({ ...result, seed: String(seed) }); // A plan may draw from a longer seed than it was asked for by.
  }
}

function tell({ lines: _, ...report }: RunResult): void {
  process.send?.(report satisfies RunReport);
}
