import { beforeAll, describe, expect, test } from "vitest";
import { INTERESTING } from "./interesting.ts";
import { makePlan } from "./make-plan.ts";
import { type RunResult, runPlan } from "./run.ts";

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
