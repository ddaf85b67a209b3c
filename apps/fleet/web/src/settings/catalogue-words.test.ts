import { expect, test } from "vitest";
import { alertRuleWords, opRuleWords, pipelineRuleWords } from "./catalogue-words.ts";

test("an op says what is special about it, and nothing where nothing is", () => {
  expect(opRuleWords({ id: "uptime", deliverWithinMs: 3_600_000 })).toEqual([]);
  expect(
    opRuleWords({
      id: "deploy",
      deliverWithinMs: 600_000,
      danger: true,
      roles: ["admin"],
      offline: "queue",
      retries: 2,
      backoffMs: 5_000,
      preChecks: ["disk"],
      postChecks: ["web", "db"],
      postWithinMs: 60_000,
    }),
  ).toEqual([
    "dangerous: asks for a code and the number of hosts",
    "for admins only",
    "waits for a host that is offline",
    "expires after 10 min",
    "tried again 2 times, first after 5 s",
    "begins only while disk is ok",
    "has succeeded once web and db are ok within 1 min",
  ]);
});

test("a pipeline says its waves, and an alert when it fires", () => {
  const rule = { id: "deploy", stages: ["a"], waves: [1, "10%", "rest"] as const, pauseMs: 30_000, maxFail: 2 };
  expect(pipelineRuleWords({ ...rule, waves: [...rule.waves] })).toEqual([
    "in waves of 1, 10%, rest",
    "30 s between waves",
    "ends when more than 2 failed",
  ]);
  expect(
    alertRuleWords({
      id: "full",
      kind: "metric",
      severity: "critical",
      forMs: 60_000,
      metric: "disk",
      above: 90,
      tags: ["db"],
    }),
  ).toBe("critical: disk is above 90, for 1 min, on hosts with db");
  expect(alertRuleWords({ id: "failed", kind: "command_failed", severity: "warn", forMs: 0, names: ["deploy"] })).toBe(
    "warning: a command of deploy has failed",
  );
});
