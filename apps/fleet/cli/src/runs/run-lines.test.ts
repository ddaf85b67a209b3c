import type { Command } from "@neverstale/fleet-domain";
import { expect, test } from "vitest";
import { isRunAskedFor, progressText, runLines } from "./run-lines.ts";

const AT = "2026-01-01T00:00:00.000Z";
const NOW = Date.parse("2026-01-01T02:03:04.000Z");

function run(id: string, rest: Partial<Command> = {}): Command {
  const made = { host: "h1", op: "pull", args: {}, status: "pending", requestedBy: "ada", createdAt: AT } as const;
  return { id, ...made, outputBytes: 0, ...rest };
}

test("runs stand in a table, and why one ended so, or how far it is, stands below it", () => {
  const ended = { startedAt: AT, finishedAt: "2026-01-01T00:01:30.000Z" };
  const runs = [
    run("c1"),
    run("c2", { status: "running", startedAt: AT, progress: { phase: "pull", current: 3, total: 9, message: "web" } }),
    run("c3", { status: "timed_out", reason: "ran longer than 90000 ms\n\u001b[2J", ...ended }),
    run("c4", { status: "succeeded", exitCode: 0, startedAt: AT, finishedAt: "2026-01-01T00:00:01.300Z" }),
    run("c5", { status: "lost", startedAt: AT }),
  ];

  expect(runLines(runs, (id) => `host ${id}`, NOW)).toEqual([
    "ID  CREATED                   HOST     OP    STATUS     EXIT  TOOK        BY",
    "c1  2026-01-01T00:00:00.000Z  host h1  pull  pending                      ada",
    "c2  2026-01-01T00:00:00.000Z  host h1  pull  running          2 h 3 min   ada",
    "  pull 3/9: web",
    "c3  2026-01-01T00:00:00.000Z  host h1  pull  timed out        1 min 30 s  ada",
    "  ran longer than 90000 ms ",
    "c4  2026-01-01T00:00:00.000Z  host h1  pull  succeeded  0     1.3 s       ada",
    "c5  2026-01-01T00:00:00.000Z  host h1  pull  lost                         ada",
  ]);
  expect(progressText({ phase: "check" })).toBe("check");
});

test("a run is asked for when all conditions hold", () => {
  const one = run("c1", { status: "failed" });

  expect(isRunAskedFor(one, {})).toBe(true);
  expect(isRunAskedFor(one, { op: "pull", status: ["lost", "failed"], by: "ada", hosts: ["h2", "h1"] })).toBe(true);
  for (const other of [{ op: "push" }, { status: ["lost"] }, { by: "bob" }, { hosts: ["h2"] }])
    expect(isRunAskedFor(one, other)).toBe(false);
});
