import { type AgentReport, ReportsRequest } from "@neverstale/fleet-domain";
import { expect, test } from "vitest";
import type { Job } from "../policy/job.ts";
import { cutChunks } from "./chunks.ts";
import type { Exit } from "./exit.ts";
import type { JournalEntry } from "./journal-entry.ts";
import type { Known } from "./known.ts";
import { composeBatch, MAX_BATCH_BYTES, type Reportable } from "./report-batch.ts";

const T = "2026-01-01T00:00:00.000Z";
const JOB: Job = { argv: ["x"], env: {}, cwd: "/", user: null, timeoutMs: 1, killGraceMs: 1, outputCapBytes: 1 };
const EXIT: Exit = {
  outcome: "failed",
  exitCode: 1,
  signal: null,
  reason: "exit status 1",
  startedAt: T,
  finishedAt: T,
  outputBytes: 10,
  droppedBytes: 0,
};

function known(
  spooledBytes: number,
  more: Partial<Omit<Known, "entry">> = {},
  entry: Partial<JournalEntry> = {},
): Known {
  const journaled: JournalEntry = {
    commandId: "c1",
    op: "disk",
    args: { a: 1 },
    deadline: null,
    instance: "i",
    journaledAt: T,
    claim: "asked",
    settledAt: null,
    settledIn: null,
    job: JOB,
    ...entry,
  };
  return { entry: journaled, runner: "alive", startedAt: T, exit: null, spooledBytes, ...more };
}

function compose(output: string, more: Partial<Reportable>) {
  const bytes = Buffer.from(output);
  const batch = composeBatch({
    first: [],
    stateDue: false,
    known: [],
    refusals: [],
    received: new Map(),
    tellAgain: new Set(),
    readOutput: ({ exit }, offset, limit) => cutChunks(bytes.subarray(offset, offset + limit), offset, exit !== null),
    now: T,
    ...more,
  });
  expect(ReportsRequest.parse({ instance: "i", seq: 1, reports: batch.reports }).reports).toEqual(batch.reports);
  return batch;
}

const offsets = (reports: readonly AgentReport[]) =>
  reports.flatMap((one) => (one.type === "output" ? [[one.offset, one.bytes]] : []));
const types = (reports: readonly AgentReport[]) => reports.map((one) => one.type);

test("as long as the server hasn't said what it has, one chunk asks it", () => {
  const { reports } = compose("x".repeat(10_000), { known: [known(10_000, { exit: EXIT })] });

  expect(offsets(reports)).toEqual([[0, 4096]]);
  expect(types(reports)).toEqual(["output"]);
});

test("output goes on from what the server has, and the end comes behind it", () => {
  const { reports } = compose("x".repeat(10_000), {
    known: [known(10_000, { exit: EXIT })],
    received: new Map([["c1", 4_096]]),
  });

  expect(offsets(reports)).toEqual([
    [4096, 4096],
    [8192, 1808],
  ]);
  expect(reports.at(-1)).toEqual({
    type: "finished",
    commandId: "c1",
    status: "failed",
    reason: "exit status 1",
    exitCode: 1,
    startedAt: T,
    finishedAt: T,
    outputBytes: 10_000,
  });
});

test("a command that runs has no end, one without output ends at once", () => {
  expect(compose("", { known: [known(0)] }).reports).toEqual([]);
  expect(types(compose("", { known: [known(0, { exit: EXIT })] }).reports)).toEqual(["finished"]);
});

test("what doesn't fit waits for the next batch, the end included", () => {
  const size = 2 * MAX_BATCH_BYTES;

  const { reports, more } = compose("\u001b".repeat(size), {
    known: [known(size, { exit: EXIT })],
    received: new Map([["c1", 0]]),
  });

  expect(more).toBe(true);
  expect(new Set(types(reports))).toEqual(new Set(["output"]));
  expect(JSON.stringify(reports).length).toBeLessThan(MAX_BATCH_BYTES + 1_000);
});

test("the state lists what is open, with its phase", () => {
  const all = [
    known(0, { runner: "none", startedAt: null }, { commandId: "a" }),
    known(0, {}, { commandId: "b" }),
    known(0, { runner: "gone", exit: EXIT }, { commandId: "c" }),
    known(0, { runner: "gone", exit: EXIT }, { commandId: "d", settledAt: T }),
    known(0, { runner: "none" }, { commandId: "e", claim: "refused" }),
  ];

  const [state] = compose("", { stateDue: true, known: all }).reports;

  expect(state).toEqual({
    type: "state",
    known: [
      { commandId: "a", op: "disk", args: { a: 1 }, phase: "claiming" },
      { commandId: "b", op: "disk", args: { a: 1 }, phase: "running", startedAt: T },
      { commandId: "c", op: "disk", args: { a: 1 }, phase: "ended", startedAt: T },
    ],
  });
});

test("a refusal is told as `rejected`", () => {
  expect(compose("", { refusals: [{ commandId: "c9", reason: "not here" }] }).reports).toEqual([
    { type: "finished", commandId: "c9", status: "rejected", reason: "not here", finishedAt: T, outputBytes: 0 },
  ]);
});

test("what is settled is told again only when asked, and without its output", () => {
  const settled = known(10, { runner: "gone", exit: EXIT }, { settledAt: T });

  expect(compose("0123456789", { known: [settled] }).reports).toEqual([]);
  expect(types(compose("0123456789", { known: [settled], tellAgain: new Set(["c1"]) }).reports)).toEqual(["finished"]);
});

test("after a change of the epoch what is settled is listed with the moment it was, before its end, some at a time", () => {
  const settledIn = { epoch: "e1", version: 7 };
  const all = Array.from({ length: 80 }, (_, index) =>
    known(0, { runner: "gone", exit: EXIT }, { commandId: `c${index}`, settledAt: T, settledIn }),
  );
  const tellAgain = new Set(all.map(({ entry }) => entry.commandId));

  const { reports } = compose("", { stateDue: true, known: all, tellAgain });

  expect(reports[0]).toMatchObject({ type: "state" });
  const [state, ...ends] = reports;
  if (state?.type !== "state") throw new Error("the state comes first");
  expect(state.known[0]).toMatchObject({ commandId: "c0", phase: "ended", settled: settledIn });
  expect(ends.map((end) => end.type === "finished" && end.commandId)).toEqual(state.known.map((one) => one.commandId));
  expect(ends).toHaveLength(50);
});
