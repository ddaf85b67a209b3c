import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { makePlan } from "../make-plan.ts";
import type { Plan } from "../plan.ts";
import { runPlan } from "../run.ts";
import { shrink } from "../shrink.ts";

export const REGRESSIONS = fileURLToPath(new URL("../../regressions/", import.meta.url));

/** A failure that was found, made small, and must not come back. */
export interface Regression {
  readonly rule: string;
  readonly message: string;
  /** The seed it was found with. */
  readonly seed: string;
  readonly plan: Plan;
}

/** Shrinks the failure of a seed, and keeps it under a name. Throws when the seed does not fail. */
export async function keep(seed: string, name: string): Promise<void> {
  const plan = makePlan(seed);
  const { failure } = await runPlan(plan);
  if (failure === null) throw new Error(`seed ${seed} does not fail`);
  const smaller = await shrink(plan, failure.rule);
  const again = (await runPlan(smaller)).failure;
  const kept: Regression = { rule: failure.rule, message: again?.message ?? "", seed, plan: smaller };
  mkdirSync(REGRESSIONS, { recursive: true });
  writeFileSync(`${REGRESSIONS}${name}.json`, `${JSON.stringify(kept, null, 2)}\n`);
  console.log(`kept as packages/sim/regressions/${name}.json, with ${smaller.actions.length} actions`);
}
