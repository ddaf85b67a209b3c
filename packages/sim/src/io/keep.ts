/** A failure that was found is shrunk, and kept under a name as a regression. */

import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { RunPlan } from "../plan/plan.ts";
import { shrink } from "../plan/shrink.ts";
import { type PlanKind, planOfKind } from "./kinds.ts";
import { runWatched } from "./run-watched.ts";

/** It throws when the seed does not fail. */
export async function keep({ seed, name, build, kind = "all", folder = REGRESSIONS }: KeepOptions): Promise<void> {
  const plan = planOfKind(kind, seed);
  const { failure } = await runWatched(plan);
  if (failure === null) throw new Error(`seed ${seed} does not fail`);
  const smaller = await shrink(plan, failure.rule, runWatched);
  const message = (await runWatched(smaller)).failure?.message ?? "";
  const kept: Regression = { rule: failure.rule, message, seed, build: build ?? null, plan: smaller };
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}${name}.json`, `${JSON.stringify(kept, null, 2)}\n`);
  console.log(`kept as ${folder}${name}.json, with ${smaller.actions.length} actions`);
}

export const REGRESSIONS = fileURLToPath(new URL("../../regressions/", import.meta.url));

/** A regression is a failure that was found and made small, and must not come back. */
export interface Regression {
  readonly rule: string;
  readonly message: string;
  /** It was found with this seed. */
  readonly seed: string;
  /** This broken build has the mistake, so that the plan must fail under it. It is null when no build has it yet. */
  readonly build: string | null;
  readonly plan: RunPlan;
}

export interface KeepOptions {
  readonly seed: string;
  readonly name: string;
  readonly build?: string;
  /** It is a seed of this kind. */
  readonly kind?: PlanKind;
  readonly folder?: string;
}
