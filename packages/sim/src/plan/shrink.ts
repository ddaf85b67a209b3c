/** A plan that fails is made smaller here, as long as it fails by the same rule. */

import type { RunResult } from "../run.ts";
import type { RunPlan } from "./plan.ts";

/** It returns the smallest plan found that still fails by the same rule, as `run` says. */
export async function shrink(
  plan: RunPlan,
  rule: string,
  run: (plan: RunPlan) => Promise<RunResult>,
): Promise<RunPlan> {
  let tries = 0;
  return smallest(plan, async (candidate) => {
    tries += 1;
    return tries <= MOST_TRIES && (await run(candidate)).failure?.rule === rule;
  });
}

/** A plan is tried so often while it is made smaller. */
const MOST_TRIES = 400;

type Fails = (candidate: RunPlan) => Promise<boolean>;

/** It leaves out actions and clients as long as `fails` says so: half of them at a time, then fewer, then one. */
export async function smallest(plan: RunPlan, fails: Fails): Promise<RunPlan> {
  let smaller = plan;
  for (;;) {
    const before = sizeOf(smaller);
    smaller = await without(smaller, "actions", fails);
    smaller = await without(smaller, "clients", fails);
    smaller = await withFewerNodes(smaller, fails);
    smaller = await withFewerReaders(smaller, fails);
    if (sizeOf(smaller) === before) return smaller;
  }
}

function sizeOf({ actions, clients, nodes, readers }: RunPlan): number {
  const ofNodes = nodes === undefined ? 0 : 1 + nodes.actions.length;
  return actions.length + clients.length + ofNodes + (readers === undefined ? 0 : 1 + readers.readers.length);
}

/** The readers are left out, or some of them. The numbers of the caches stay. */
async function withFewerReaders(plan: RunPlan, fails: Fails): Promise<RunPlan> {
  const { readers, ...alone } = plan;
  if (readers === undefined) return plan;
  if (await fails(alone)) return alone;
  return { ...plan, readers: await without(readers, "readers", (fewer) => fails({ ...plan, readers: fewer })) };
}

/** The nodes are left out, or some of what happens to them. */
async function withFewerNodes(plan: RunPlan, fails: Fails): Promise<RunPlan> {
  const { nodes, ...alone } = plan;
  if (nodes === undefined) return plan;
  if (await fails(alone)) return alone;
  return { ...plan, nodes: await without(nodes, "actions", (fewer) => fails({ ...plan, nodes: fewer })) };
}

/** This is delta debugging from the end, because what comes late most often does not matter. */
async function without<Part extends string, Plan extends { readonly [part in Part]: readonly unknown[] }>(
  plan: Plan,
  part: Part,
  fails: (candidate: Plan) => Promise<boolean>,
): Promise<Plan> {
  let smaller = plan;
  for (let size = Math.ceil(plan[part].length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = smaller[part].length - size; from > -size; from -= size) {
      const candidate = { ...smaller, [part]: leftOut(smaller[part], Math.max(0, from), size) };
      if (candidate[part].length < smaller[part].length && (await fails(candidate))) smaller = candidate;
    }
  }
  return smaller;
}

function leftOut<T>(items: readonly T[], from: number, count: number): readonly T[] {
  return [...items.slice(0, from), ...items.slice(from + count)];
}
