import { expect, test } from "vitest";
import { runBounded } from "./bounded-suite.ts";
import { INTERESTING_OF } from "./plan/interesting.ts";

/** `npm test` stops as soon as all that the promises are about has happened. */
test.each([
  { kind: "all", seeds: 200 },
  { kind: "pages", seeds: 100 },
  { kind: "views", seeds: 100 },
  { kind: "queues", seeds: 30 },
] as const)("every promise holds in each of $seeds fixed seeds of the kind $kind", async ({ kind, seeds }) => {
  const { failed, seen } = await runBounded(kind, { atLeast: seeds, atMost: seeds });

  expect(failed).toEqual([]);
  expect(INTERESTING_OF[kind].filter((name) => !seen.has(name))).toEqual([]);
});
