import { beforeAll, describe, expect, test } from "vitest";
import { type BoundedResult, runBounded } from "./bounded-suite.ts";
import { INTERESTING_OF_PAGES } from "./plan/interesting.ts";

describe("pages that mutate, in a bounded run with fixed seeds", () => {
  let result: BoundedResult;
  beforeAll(async () => {
    result = await runBounded("pages", { atLeast: 20, atMost: 100 });
  });

  test("[P13] [P14] every promise holds, whatever goes wrong, and nothing is pending at the end", () => {
    expect(result.failed).toEqual([]);
  });

  test.each([...INTERESTING_OF_PAGES])("what the promises are about has happened: %s", (name) => {
    expect([...result.seen]).toContain(name);
  });
});
