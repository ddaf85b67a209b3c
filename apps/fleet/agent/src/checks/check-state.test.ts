import { expect, test } from "vitest";
import type { Exit } from "../commands/exit.ts";
import {
  CHECKS_AT_ONCE,
  type CheckState,
  checksReport,
  dueChecks,
  type KnownCheck,
  resultOf,
  statesFor,
} from "./check-state.ts";

const at = (ms: number) => ({ monotonicMs: ms, wallMs: 1_000_000 + ms });
const check = (name: string, more: Partial<KnownCheck> = {}): KnownCheck => ({
  name,
  everyMs: 60_000,
  outdatedOn: [100],
  unknownOn: [3],
  definition: name,
  ...more,
});
const made = (ms: number, more: Partial<CheckState> = {}, definition = "web"): CheckState => ({
  definition,
  running: null,
  result: { status: "ok", message: "fine", begunAt: at(ms - 100), endedAt: at(ms) },
  ...more,
});

function exit(more: Partial<Exit>): Exit {
  const times = { startedAt: null, finishedAt: "2030-01-01T00:00:00.000Z" };
  return {
    outcome: "failed",
    exitCode: 1,
    signal: null,
    reason: "exit status 1",
    outputBytes: 0,
    droppedBytes: 0,
    ...times,
    ...more,
  };
}

test("a check is due when it was not made, and again its interval after the end of the last look", () => {
  const states = (ms: number) => new Map([["web", made(ms)]]);

  expect(dueChecks([check("web")], statesFor([check("web")], new Map()), at(0))).toHaveLength(1);
  expect(dueChecks([check("web")], states(0), at(59_999))).toHaveLength(0);
  expect(dueChecks([check("web")], states(0), at(60_000))).toHaveLength(1);
  expect(
    dueChecks([check("web")], new Map([["web", made(0, { running: { id: "id", begunAt: at(0) } })]]), at(90_000)),
  ).toHaveLength(0);
});

test("a machine that slept looks at once, as one of its two clocks went on", () => {
  const asleep = { monotonicMs: 1_000, wallMs: 1_000_000 + 3_600_000 };
  expect(dueChecks([check("web")], new Map([["web", made(0)]]), asleep)).toHaveLength(1);
});

test("[B133] only so many run at once, and the one that has waited longest comes first", () => {
  const names = ["a", "b", "c", "d", "e", "f"];
  const checks = names.map((name) => check(name));
  const states = new Map(names.map((name, index) => [name, made(-100_000 * index, {}, name)]));
  const busy = new Map(states).set("f", made(-500_000, { running: { id: "id", begunAt: at(0) } }, "f"));

  expect(dueChecks(checks, states, at(60_000)).map(({ name }) => name)).toEqual(["f", "e", "d", "c"]);
  expect(dueChecks(checks, busy, at(60_000)).map(({ name }) => name)).toEqual(["e", "d", "c"]);
  expect(CHECKS_AT_ONCE).toBe(4);
});

test("a check that was changed in the file begins anew, and one that is gone is forgotten", () => {
  const before = new Map([
    ["web", made(0)],
    ["old", made(0, {}, "old")],
  ]);

  const after = statesFor([check("web", { definition: "another web" }), check("new")], before);

  expect([...after]).toEqual([
    ["web", { definition: "another web", running: null, result: null }],
    ["new", { definition: "new", running: null, result: null }],
  ]);
  expect(statesFor([check("web")], before).get("web")).toBe(before.get("web"));
});

const TIMES = { begunAt: at(0), endedAt: at(100) };

test.each([
  ["an exit status of 0", exit({ outcome: "succeeded", exitCode: 0 }), "\n all good \nmore\n", "ok", "all good"],
  ["nothing to say", exit({ outcome: "succeeded", exitCode: 0 }), "", "ok", "ok"],
  ["another status", exit({}), "refused\n", "error", "refused"],
  ["another status without a word", exit({}), "", "error", "exit status 1"],
  ["a status of the first list", exit({ exitCode: 100 }), "3 updates", "outdated", "3 updates"],
  ["a status of the second list", exit({ exitCode: 3 }), "no network", "unknown", "no network"],
  [
    "a timeout",
    exit({ outcome: "timed_out", reason: "ran longer than 10000 ms" }),
    "ok",
    "unknown",
    "ran longer than 10000 ms",
  ],
  [
    "a program that is not there",
    exit({ exitCode: null, reason: "curl can't be started" }),
    "",
    "unknown",
    "curl can't be started",
  ],
  ["a runner that was killed", exit({ outcome: "lost", exitCode: null, reason: "lost" }), "ok", "unknown", "lost"],
] as const)("%s is told as it is, and never as ok unless it is", (_, ended, output, status, message) => {
  expect(resultOf(check("web"), ended, output, TIMES)).toEqual({ status, message, ...TIMES });
});

test("a message is the first line, and no longer than a line may be", () => {
  const { message } = resultOf(check("web"), exit({}), `${"x".repeat(4_000)}\n`, TIMES);
  expect(message).toHaveLength(500);
});

test("the report names all checks with the time of their look by the server's clock, and unknown ones as such", () => {
  const report = checksReport([check("web"), check("new")], new Map([["web", made(0)]]), at(5_000), 2_000_000);

  expect(report).toEqual({
    type: "checks",
    checks: {
      web: { status: "ok", message: "fine", checkedAt: new Date(1_994_900).toISOString(), everyMs: 60_000 },
      new: {
        status: "unknown",
        message: "it was not made since the agent started",
        checkedAt: new Date(2_000_000).toISOString(),
        everyMs: 60_000,
      },
    },
  });
});
