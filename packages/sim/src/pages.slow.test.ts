import { beforeAll, describe, expect, test } from "vitest";
import { runWatched } from "./io/run-watched.ts";
import { INTERESTING_OF_PAGES } from "./plan/interesting.ts";
import { makePagesPlan } from "./plan/pages/pages-plan.ts";
import type { RunResult } from "./run.ts";

const FIRST_SEED = 1_000_001;
const RUNS = 100;

describe("pages that mutate, in a bounded run with fixed seeds", () => {
  const results: RunResult[] = [];
  const totals: Record<string, number> = {};

  beforeAll(async () => {
    for (let seed = FIRST_SEED; seed < FIRST_SEED + RUNS; seed += 1) {
      const result = await runWatched(makePagesPlan(String(seed)));
      results.push(result);
      for (const [name, count] of Object.entries(result.counters)) totals[name] = (totals[name] ?? 0) + count;
    }
  });

  test("[P13] [P14] every promise holds, whatever goes wrong, and nothing is pending at the end", () => {
    const failed = results.flatMap(({ seed, failure }) =>
      failure === null
        ? []
        : [`${failure.rule} ${failure.message}; replay it: npm run sim -- --pages --seed ${seed} --runs 1`],
    );

    expect(failed).toEqual([]);
  });

  test.each([...INTERESTING_OF_PAGES])("what the promises are about has happened: %s", (name) => {
    expect(totals[name] ?? 0).toBeGreaterThan(0);
  });
});
