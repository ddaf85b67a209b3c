import type { ScheduleRule } from "@neverstale/fleet-domain";
import { expect, test } from "vitest";
import { mayRunNow, outcomeLook, scheduleWords } from "./schedule-words.ts";

const rule = (more: Partial<ScheduleRule>): ScheduleRule => ({
  id: "nightly",
  cron: "30 2 * * *",
  timeZone: "UTC",
  overlap: "refuse",
  ...more,
});

test.each([
  [{ op: "pull", target: { all: true } }, "pull on all hosts"],
  [{ op: "pull", hosts: ["web-1", "web-2"] }, "pull on web-1, web-2"],
  [{ op: "pull", hosts: ["a", "b", "c", "d"] }, "pull on 4 hosts"],
  [
    { pipeline: "two", target: { tags: ["prod"], filter: "cpu:<50", group: "web" } },
    "pipeline two on group web tag:prod cpu:<50",
  ],
] as const)("%j reads: %s", (more, words) => {
  expect(scheduleWords(rule(more))).toBe(words);
});

test("what became of it has a look, and one that a newer server alone knows has one, too", () => {
  expect(outcomeLook({})).toBeNull();
  expect(outcomeLook({ outcome: "missed" })).toMatchObject({ word: "Missed", tone: "bad" });
  expect(outcomeLook({ outcome: "postponed" as never })?.word).toBe("postponed");
});

test("a schedule is run now by whoever may run what it says", () => {
  const rules = {
    opRules: new Map([["pull", { id: "pull", deliverWithinMs: 1, roles: ["admin" as const] }]]),
    pipelineRules: new Map([["two", { id: "two", stages: ["uptime", "pull"] }]]),
  };

  expect(mayRunNow(rules, { op: "pull" }, "operator")).toBe(false);
  expect(mayRunNow(rules, { pipeline: "two" }, "operator")).toBe(false);
  expect(mayRunNow(rules, { op: "uptime" }, "operator")).toBe(true);
  expect(mayRunNow(rules, { op: "uptime" }, "viewer")).toBe(false);
  expect(mayRunNow(rules, { pipeline: "two" }, "admin")).toBe(true);
});
