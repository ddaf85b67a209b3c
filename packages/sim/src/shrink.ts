import type { Plan } from "./plan.ts";
import { runPlan } from "./run.ts";

/** How often a plan is tried again while it is made smaller. */
const MOST_TRIES = 400;

/** The same failure with less: actions and clients are left out, half of them at a time, then a few, then one. */
export async function shrink(plan: Plan, rule: string): Promise<Plan> {
  let tries = 0;
  const fails = async (candidate: Plan) => {
    tries += 1;
    return tries <= MOST_TRIES && (await runPlan(candidate)).failure?.rule === rule;
  };
  let smaller = plan;
  for (;;) {
    const before = smaller;
    smaller = await without(smaller, "actions", fails);
    smaller = await without(smaller, "clients", fails);
    if (sizeOf(smaller) === sizeOf(before) || tries > MOST_TRIES) return smaller;
  }
}

function sizeOf({ actions, clients }: Plan): number {
  return actions.length + clients.length;
}

type Part = "actions" | "clients";

/** Delta debugging, from the end: what comes late is most often of no matter. */
async function without(plan: Plan, part: Part, fails: (candidate: Plan) => Promise<boolean>): Promise<Plan> {
  let smallest = plan;
  for (let size = Math.ceil(plan[part].length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = smallest[part].length - size; from > -size; from -= size) {
      const candidate = { ...smallest, [part]: leftOut<unknown>(smallest[part], Math.max(0, from), size) } as Plan;
      if (candidate[part].length < smallest[part].length && (await fails(candidate))) smallest = candidate;
    }
  }
  return smallest;
}

function leftOut<T>(items: readonly T[], from: number, count: number): readonly T[] {
  return [...items.slice(0, from), ...items.slice(from + count)];
}
