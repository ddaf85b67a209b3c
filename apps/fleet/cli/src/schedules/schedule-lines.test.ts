import { expect, test } from "vitest";
import { hasTrouble, scheduleLines } from "./schedule-lines.ts";

const rule = { cron: "0 2 * * *", timeZone: "UTC", overlap: "refuse", target: { all: true } } as const;

test("each schedule has a row with when it is due and what became of it", () => {
  const lines = scheduleLines([
    {
      ...rule,
      id: "nightly",
      pipeline: "rollout",
      nextAt: "2030-01-02T02:00:00.000Z",
      lastDueAt: "2030-01-01T02:00:00.000Z",
      outcome: "failed",
      reason: "no host\u001b[2J is meant",
    },
    { ...rule, id: "look", op: "disk", nextAt: "2030-01-02T02:00:00.000Z" },
  ]);

  expect(lines[0]).toBe("SCHEDULE  RUNS              NEXT                      LAST                      OUTCOME");
  expect(lines[1]).toMatch(
    /^nightly {3}pipeline rollout {2}2030-01-02T02:00:00\.000Z {2}2030-01-01T02:00:00\.000Z {2}failed: no host/,
  );
  expect(lines[1]).not.toContain("\u001b");
  expect(lines[2]).toBe("look      disk              2030-01-02T02:00:00.000Z  -                         -");
});

test("a schedule is in trouble when it did not run as it was to", () => {
  expect(["missed", "refused", "failed"].map((outcome) => hasTrouble({ outcome: outcome as "missed" }))).toEqual([
    true,
    true,
    true,
  ]);
  expect([hasTrouble({}), hasTrouble({ outcome: "started" }), hasTrouble({ outcome: "queued" })]).toEqual([
    false,
    false,
    false,
  ]);
});
