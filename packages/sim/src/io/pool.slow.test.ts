import { expect, test } from "vitest";
import { runPool } from "./pool.ts";

test.each([
  { what: "everything", args: [] },
  { what: "the pages that mutate", args: ["--pages"] },
])("runs are reported in the order of their seeds, by the seeds that were asked for: $what", async ({ args }) => {
  const seeds: string[] = [];

  await runPool({
    firstSeed: 2,
    runs: 11,
    jobs: 2,
    args,
    onReport: ({ seed }) => {
      seeds.push(seed);
      return seeds.length < 3;
    },
  });

  expect(seeds).toEqual(["2", "3", "4"]);
});
