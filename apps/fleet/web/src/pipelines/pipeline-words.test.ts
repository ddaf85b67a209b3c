import type { Pipeline } from "@neverstale/fleet-domain";
import { expect, test } from "vitest";
import { boundWords, leftUndone, waveWords } from "./pipeline-words.ts";

const PIPELINE: Pipeline = {
  id: "p1",
  name: "rollout",
  stages: ["pull"],
  hosts: ["h1", "h2", "h3"],
  currentStage: 0,
  status: "running",
  failedHosts: [],
  requestedBy: "admin",
  createdAt: "2026-01-01T00:00:00.000Z",
};

test("the wave that is under way is told, and how many there are", () => {
  expect(waveWords(PIPELINE)).toBeNull();
  expect(waveWords({ ...PIPELINE, waves: [1, "rest"] })).toBe("wave 1 of 2");
  expect(waveWords({ ...PIPELINE, waves: [1, "rest"], currentWave: 1 })).toBe("wave 2 of 2");
});

test("how many hosts may fail is told where there is a bound", () => {
  expect(boundWords(PIPELINE)).toBeNull();
  expect(boundWords({ ...PIPELINE, maxFail: "34%" })).toBe("at most 1 host may fail");
});

test("what was left undone is counted by whether it was begun", () => {
  expect(leftUndone(PIPELINE)).toEqual({ failed: 0, notStarted: 0 });
  const unfinished = { h1: { stage: 0, started: true }, h2: { stage: 0, started: false } };
  expect(leftUndone({ ...PIPELINE, unfinished })).toEqual({ failed: 1, notStarted: 1 });
});
