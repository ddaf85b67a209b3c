import { beforeAll, describe, expect, test } from "vitest";
import { type BoundedResult, runBounded } from "./bounded-suite.ts";
import { INTERESTING_OF_VIEWS } from "./plan/interesting.ts";

describe("followers of views, in a bounded run with fixed seeds", () => {
  let result: BoundedResult;
  beforeAll(async () => {
    result = await runBounded("views", { atLeast: 20, atMost: 100 });
  });

  test("[P11] [P12] [V16] every promise holds, whatever goes wrong, and nothing on the wire is hidden from its reader", () => {
    expect(result.failed).toEqual([]);
  });

  test.each([...INTERESTING_OF_VIEWS])("what the promises are about has happened: %s", (name) => {
    expect([...result.seen]).toContain(name);
  });
});
