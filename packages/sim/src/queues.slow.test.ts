import { beforeAll, describe, expect, test } from "vitest";
import { runWatched } from "./io/run-watched.ts";
import { INTERESTING_OF_QUEUES } from "./plan/interesting.ts";
import { makeQueuesPlan } from "./plan/pages/queues-plan.ts";
import type { RunResult } from "./run.ts";

const FIRST_SEED = 1_000_001;
const RUNS = 30;

describe("pages that keep what they ask for over a reload, in a bounded run with fixed seeds", () => {
  const results: RunResult[] = [];
  const totals: Record<string, number> = {};

  beforeAll(async () => {
    for (let seed = FIRST_SEED; seed < FIRST_SEED + RUNS; seed += 1) {
      const result = await runWatched(makeQueuesPlan(String(seed)));
      results.push(result);
      for (const [name, count] of Object.entries(result.counters)) totals[name] = (totals[name] ?? 0) + count;
    }
  });

  test("[U6] [U19] [U20] [P13] [P14] nothing is done twice, lost without being told, out of order or for another user", () => {
    const failed = results.flatMap(({ seed, failure }) =>
      failure === null
        ? []
        : [`${failure.rule} ${failure.message}; replay it: npm run sim -- --queues --seed ${seed} --runs 1`],
    );

    expect(failed).toEqual([]);
  });

  test.each([...INTERESTING_OF_QUEUES])("what the promises are about has happened: %s", (name) => {
    expect(totals[name] ?? 0).toBeGreaterThan(0);
  });
});
