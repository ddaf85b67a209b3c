/** A worker is a process that runs seeds, or one plan, for another process, and tells what came of each. */

import type { RunResult } from "../run.ts";
import { kindIn, planOfKind } from "./kinds.ts";
import type { Order, RunReport } from "./messages.ts";
import { runWatched } from "./run-watched.ts";

const kind = kindIn((one) => process.argv.includes(`--${one}`));

process.on("message", (order: Order) => void carryOut(order));

async function carryOut(order: Order): Promise<void> {
  if ("plan" in order) return tell(await runWatched(order.plan));
  const { firstSeed, runs } = order;
  for (let seed = firstSeed; seed < firstSeed + runs; seed += 1) {
    const result = await runWatched(planOfKind(kind, String(seed)));
    tell({ ...result, seed: String(seed) }); // A plan may draw from a longer seed than it was asked for by.
  }
}

function tell({ lines: _, ...report }: RunResult): void {
  process.send?.(report satisfies RunReport);
}
