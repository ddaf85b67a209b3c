import { beforeAll, describe, expect, test } from "vitest";
import { replayOf } from "./io/commit.ts";
import { runWatched } from "./io/run-watched.ts";
import { INTERESTING, RUNS_TO_SEE_ALL } from "./plan/interesting.ts";
import { makePlan } from "./plan/make-plan.ts";
import type { RunResult } from "./run.ts";

/** A range of its own, which `npm run sim` does not begin with. */
const FIRST_SEED = 1_000_001;
const RUN_MS = 240_000;

describe("a bounded run with fixed seeds", () => {
  const results: RunResult[] = [];
  const totals: Record<string, number> = {};

  beforeAll(async () => {
    for (let seed = FIRST_SEED; seed < FIRST_SEED + RUNS_TO_SEE_ALL; seed += 1) {
      const result = await runWatched(makePlan(String(seed)));
      results.push(result);
      for (const [name, count] of Object.entries(result.counters)) totals[name] = (totals[name] ?? 0) + count;
    }
  }, RUN_MS);

  test("[P1] [P2] [P3] [P4] [P5] every promise holds, whatever goes wrong, and everyone ends level", () => {
    const failed = results.flatMap(({ seed, failure }) =>
      failure === null ? [] : [`${failure.rule} ${failure.message}; replay it ${replayOf(seed)}`],
    );

    expect(failed).toEqual([]);
  });

  test.each([...INTERESTING])("what the promises are about has happened: %s", (name) => {
    expect(totals[name] ?? 0).toBeGreaterThan(0);
  });
});
