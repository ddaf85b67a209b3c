import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { atLeisure } from "../../leisure.ts";
import { Trial } from "./trial.ts";
import { expectOnlyDiffs, expectTheWholeTruth } from "./trial-suite.ts";

let trial: Trial;

beforeAll(async () => {
  trial = await Trial.begin({ processes: 1, clients: 60, replicas: 12 }, { everyMs: 100, requests: 2, changes: 5 });
});
afterAll(() => trial?.dispose());

describe("three nodes behind nginx, with 60 clients and 100 changes a second", () => {
  test("[T3] [E7] a writer that is killed is replaced, its clients resume elsewhere by a diff, and the others take a step", async () => {
    const cost = await trial.killWriter();

    expectOnlyDiffs(cost);
    expect(cost.wasWriter).toBe(true);
    expect(cost.steps).toBeGreaterThanOrEqual(48 - cost.watched);
    expect(cost.writesAgainMs).toBeLessThanOrEqual(atLeisure(5_000));
  });

  test("[T5] [D3] nodes are restarted in turn, and no dispatch fails, and nobody gets a full state", async () => {
    for (const node of trial.cluster.nodes) expectOnlyDiffs(await trial.restart(node));
  });

  test("[P3] [D1] all that was acknowledged is there once, and all show the same", async () => {
    expectTheWholeTruth(await trial.end(), trial);
  });
});
