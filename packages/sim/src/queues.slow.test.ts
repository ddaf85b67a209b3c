import { beforeAll, describe, expect, test } from "vitest";
import { type BoundedResult, runBounded } from "./bounded-suite.ts";
import { INTERESTING_OF_QUEUES } from "./plan/interesting.ts";

describe("pages that keep what they ask for over a reload, in a bounded run with fixed seeds", () => {
  let result: BoundedResult;
  beforeAll(async () => {
    result = await runBounded("queues", { atLeast: 15, atMost: 30 });
  });

  test("[U6] [U19] [U20] [P13] [P14] nothing is done twice, lost without being told, out of order or for another user", () => {
    expect(result.failed).toEqual([]);
  });

  test.each([...INTERESTING_OF_QUEUES])("what the promises are about has happened: %s", (name) => {
    expect([...result.seen]).toContain(name);
  });
});
