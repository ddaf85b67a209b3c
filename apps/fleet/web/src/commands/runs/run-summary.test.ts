import type { Command } from "@neverstale/fleet-domain";
import { expect, test } from "vitest";
import { argsOfRun, byStatus, countWords, leftOfRun, runSummaryOf } from "./run-summary.ts";

function command(host: string, status: Command["status"], more: Partial<Command> = {}): Command {
  const whole = { op: "disk", args: {}, requestedBy: "admin", outputBytes: 10 };
  return { ...whole, id: `c-${host}`, host, runId: "r1", status, createdAt: "2026-01-01T00:00:00.000Z", ...more };
}

const ENDED = [
  command("a", "succeeded", { finishedAt: "2026-01-01T00:00:05.000Z" }),
  command("b", "failed", { startedAt: "2026-01-01T00:00:01.000Z", finishedAt: "2026-01-01T00:00:09.000Z" }),
  command("c", "blocked", { finishedAt: "2026-01-01T00:00:00.000Z" }),
  command("d", "cancelled", { finishedAt: "2026-01-01T00:00:02.000Z" }),
];

test("a run is summed up by the last try on each host, what needs a person first", () => {
  const again = [
    command("b", "failed", { id: "b1", retriedBy: "b2" }),
    command("b", "running", { id: "b2", retryOf: "b1", attempt: 2 }),
    command("a", "succeeded"),
  ];

  const summary = runSummaryOf(again);

  expect([summary.hosts, summary.done, summary.look.word, summary.finishedAt]).toEqual([2, 1, "Running", undefined]);
  expect(countWords(summary.counts)).toBe("1 running · 1 succeeded");
  expect(summary.outputBytes).toBe(30);
});

test("a run that has ended says when, and how", () => {
  expect(runSummaryOf(ENDED)).toMatchObject({ look: { word: "Partial" }, finishedAt: "2026-01-01T00:00:09.000Z" });
  expect(countWords(runSummaryOf(ENDED).counts)).toBe("1 failed · 1 blocked · 1 cancelled · 1 succeeded");
  expect(runSummaryOf(ENDED.slice(0, 1)).look.word).toBe("Succeeded");
  expect(runSummaryOf(ENDED.slice(2, 3)).look.word).toBe("Blocked");
  expect(runSummaryOf(ENDED.slice(1, 3)).look.word).toBe("Failed");
});

test("what is left is told apart: where it ran and did not succeed, and where it never began", () => {
  expect(leftOfRun(ENDED)).toEqual({ failed: ["b"], notStarted: ["c", "d"] });
  expect(leftOfRun([command("a", "running"), command("b", "pending")])).toEqual({ failed: [], notStarted: [] });
  expect(leftOfRun([command("a", "cancelled", { startedAt: "2026-01-01T00:00:01.000Z" })]).failed).toEqual(["a"]);
});

test("commands stand by their status, and have their arguments in common or not", () => {
  expect(byStatus(ENDED).map(([status, all]) => [status, all.length])).toEqual([
    ["failed", 1],
    ["blocked", 1],
    ["cancelled", 1],
    ["succeeded", 1],
  ]);
  expect(argsOfRun(ENDED)).toEqual({});
  expect(
    argsOfRun([command("a", "failed", { args: { n: 1 } }), command("b", "failed", { args: { n: 2 } })]),
  ).toBeNull();
});
