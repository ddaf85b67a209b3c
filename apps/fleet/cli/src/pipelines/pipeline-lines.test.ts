import type { Pipeline } from "@neverstale/fleet-domain";
import { expect, test } from "vitest";
import { endLines, stageLine } from "./pipeline-lines.ts";

const pipeline: Pipeline = {
  id: "p",
  name: "rollout",
  stages: ["pull", "restart"],
  hosts: ["web-1", "web-2"],
  currentStage: 1,
  status: "partial",
  failedHosts: ["web-1"],
  unfinished: { "web-1": { stage: 1, started: true }, "web-2": { stage: 0, started: false } },
  reason: "max_fail: so",
  requestedBy: "admin",
  createdAt: "2030-01-01T00:00:00.000Z",
};

test("the stage under way is said, and in which wave", () => {
  expect(stageLine(pipeline)).toBe("stage 2 of 2, restart, on 2 hosts");
  expect(stageLine({ ...pipeline, waves: [1], currentWave: 1 })).toBe("wave 2, stage 2 of 2, restart, on 2 hosts");
});

test("the end says where each host stopped that did not come to it", () => {
  expect(endLines(pipeline, new Map())).toEqual([
    "web-1: stage 2, restart, did not succeed",
    "web-2: stage 1, pull, was not begun",
    "rollout: partial: max_fail: so",
  ]);
});
