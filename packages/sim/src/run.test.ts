import { describe, expect, test } from "vitest";
import { regressionNamed, regressionNames } from "./io/broken/prove.ts";
import { planOfKind } from "./io/kinds.ts";
import { makePlan } from "./plan/make-plan.ts";
import type { RunPlan } from "./plan/plan.ts";
import { shrink, smallest } from "./plan/shrink.ts";
import { runPlan } from "./run.ts";
import { World } from "./world/world.ts";

describe("repetition", () => {
  test("the same seed gives the same trace, line by line", async () => {
    const [first, second] = [await runPlan(makePlan("twice", true)), await runPlan(makePlan("twice", true))];

    expect(second.lines).toEqual(first.lines);
    expect(second.trace).toBe(first.trace);
    expect(first.lines.length).toBeGreaterThan(100);
  });

  test("keeping the lines changes nothing", async () => {
    const [kept, lost] = [await runPlan(makePlan("kept", true)), await runPlan(makePlan("kept"))];

    expect(lost.trace).toBe(kept.trace);
    expect(lost.lines).toEqual([]);
  });

  test("another seed gives another trace", async () => {
    const traces = [await runPlan(makePlan("one")), await runPlan(makePlan("two"))].map(({ trace }) => trace);

    expect(new Set(traces).size).toBe(2);
  });

  test("a plan says the same when it has been through a file", async () => {
    const plan = makePlan("filed");
    const [direct, filed] = [await runPlan(plan), await runPlan(JSON.parse(JSON.stringify(plan)) as RunPlan)];

    expect(filed.trace).toBe(direct.trace);
  });
});

test.each(["all", "pages", "queues", "views"] as const)(
  "a plan of the kind %s lets nothing go wrong after all has healed",
  (kind) => {
    const late = Array.from({ length: 100 }, (_, seed) => planOfKind(kind, String(seed))).flatMap((plan) =>
      plan.actions.filter(({ at }) => at > plan.faultyMs),
    );

    expect(late).toEqual([]);
  },
);

test("a run that would never end is ended, and has failed", async () => {
  const world = new World(makePlan("1").config);
  const again = (): unknown => world.clock.after(0, again);
  again();

  await world.pass(1_000);

  expect(world.failure).toMatchObject({ rule: "events", at: 0 });
});

describe("shrinking", () => {
  test("what doesn't matter for a failure is left out", async () => {
    const plan = makePlan("large");
    const needed = [plan.actions[3], plan.actions[17], plan.actions.at(-1)];

    const smaller = await smallest(plan, async ({ actions }) => needed.every((one) => one && actions.includes(one)));

    const { nodes: _, ...alone } = plan;
    expect(smaller).toEqual({ ...alone, actions: needed, clients: [] });
  });

  test("a plan that doesn't fail is left whole", async () => {
    const { nodes: _, ...small } = makePlan("small");
    const plan = { ...small, actions: small.actions.slice(0, 2), clients: [] };

    expect(await shrink(plan, "P1", runPlan)).toEqual(plan);
  });
});

describe("what was found once stays fixed", () => {
  test.each(regressionNames())("%s", async (name) => {
    expect((await runPlan(regressionNamed(name).plan)).failure).toBeNull();
  });
});
