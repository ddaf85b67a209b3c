import { globSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { INTERESTING } from "./interesting.ts";
import type { Regression } from "./io/keep.ts";
import { makePlan } from "./make-plan.ts";
import type { Plan } from "./plan.ts";
import { type RunResult, runPlan } from "./run.ts";
import { shrink, smallest } from "./shrink.ts";

const SEEDS = 160;
const RUN_MS = 240_000;

describe("a bounded run with fixed seeds", () => {
  const results: RunResult[] = [];
  const totals: Record<string, number> = {};

  beforeAll(async () => {
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      const result = await runPlan(makePlan(`test ${seed}`));
      results.push(result);
      for (const [name, count] of Object.entries(result.counters)) totals[name] = (totals[name] ?? 0) + count;
    }
  }, RUN_MS);

  test("[P1] [P2] [P3] [P4] [P5] every promise holds, whatever goes wrong, and everyone ends level", () => {
    const failed = results.flatMap(({ seed, failure }) =>
      failure === null ? [] : [`seed ${seed}: ${failure.rule} ${failure.message}`],
    );

    expect(failed).toEqual([]);
  });

  test.each([...INTERESTING])("what the promises are about has happened: %s", (name) => {
    expect(totals[name] ?? 0).toBeGreaterThan(0);
  });
});

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
    const [direct, filed] = [await runPlan(plan), await runPlan(JSON.parse(JSON.stringify(plan)) as Plan)];

    expect(filed.trace).toBe(direct.trace);
  });
});

describe("shrinking", () => {
  test("what doesn't matter for a failure is left out", async () => {
    const plan = makePlan("large");
    const needed = [plan.actions[3], plan.actions[17], plan.actions.at(-1)];

    const smaller = await smallest(plan, async ({ actions }) => needed.every((one) => one && actions.includes(one)));

    expect(smaller).toEqual({ ...plan, actions: needed, clients: [] });
  });

  test("a plan that doesn't fail is left whole", async () => {
    const plan = { ...makePlan("small"), actions: makePlan("small").actions.slice(0, 2), clients: [] };

    expect(await shrink(plan, "P1")).toEqual(plan);
  });
});

describe("what was found once stays fixed", () => {
  const folder = fileURLToPath(new URL("../regressions/", import.meta.url));

  test.each(
    globSync("*.json", { cwd: folder })
      .map((file) => basename(file, ".json"))
      .sort(),
  )("%s", async (name) => {
    const { plan } = JSON.parse(readFileSync(`${folder}${name}.json`, "utf8")) as Regression;

    expect((await runPlan(plan)).failure).toBeNull();
  });
});
