import type { Command, Host, Pipeline } from "@neverstale/fleet-domain";
import { expect, test } from "vitest";
import { gridOf, stageSpans } from "./pipeline-grid.ts";

const AT = "2026-01-01T00:00:00.000Z";

const PIPELINE: Pipeline = {
  id: "p1",
  name: "health",
  stages: ["uptime", "disk", "uptime"],
  hosts: ["h1", "h2"],
  currentStage: 1,
  status: "running",
  failedHosts: ["h2"],
  requestedBy: "admin",
  createdAt: AT,
};

function command(id: string, host: string, stage: number, more: Partial<Command> = {}): Command {
  const whole = {
    pipelineId: "p1",
    status: "succeeded",
    requestedBy: "admin",
    createdAt: AT,
    outputBytes: 0,
    args: {},
    op: "uptime",
  } as const;
  return { ...whole, id, host, stage, ...more };
}

const COMMANDS = [
  command("c3", "h1", 2),
  command("c1", "h1", 0),
  command("c2", "h2", 0, { status: "failed" }),
  command("c9", "h1", 1, { pipelineId: "p2" }),
];
const HOSTS = new Map([["h1", { id: "h1", name: "web-1" } as Host]]);

test("each stage of each host has its command, the same op at two stages too", () => {
  const grid = gridOf(PIPELINE, COMMANDS, HOSTS);

  expect(
    grid.groups.flatMap(({ rows }) => rows).map((row) => [row.hostname, ...row.cells.map((cell) => cell?.id ?? null)]),
  ).toEqual([
    ["web-1", "c1", null, "c3"],
    ["h2", "c2", null, null],
  ]);
});

test("of a stage that is tried again the last try is shown, in whatever order they are", () => {
  const tries = [
    command("t1", "h1", 0, { status: "failed", retriedBy: "t2" }),
    command("t3", "h1", 0, { status: "pending", retryOf: "t2", attempt: 3 }),
    command("t2", "h1", 0, { status: "failed", retryOf: "t1", attempt: 2, retriedBy: "t3" }),
  ];

  for (const commands of [tries, tries.toReversed()])
    expect(gridOf(PIPELINE, commands, HOSTS).groups[0]?.rows[0]?.cells[0]?.id).toBe("t3");
});

test("in a large grid the hosts of one outcome stand together, those that need a person first", () => {
  const hosts = Array.from({ length: 1_000 }, (_, index) => `h${index}`);
  const commands = hosts.flatMap((host, index) => {
    const status = index % 10 === 0 ? "failed" : index % 10 === 1 ? "running" : "succeeded";
    const next = status === "failed" ? "skipped" : status === "running" ? "pending" : "succeeded";
    return [command(`a${index}`, host, 0, { status }), command(`b${index}`, host, 1, { status: next })];
  });

  const { groups } = gridOf({ ...PIPELINE, stages: ["uptime", "disk"], hosts }, commands, new Map());

  expect(groups.map(({ outcome, rows }) => [outcome, rows.length])).toEqual([
    ["failed", 100],
    ["running", 100],
    ["succeeded", 800],
  ]);
});

test("what was stopped, what waits and what nobody knows any more are told apart", () => {
  const outcome = (...statuses: readonly (Command["status"] | null)[]) => {
    const cells = statuses.flatMap((status, stage) =>
      status === null ? [] : [command(`s${stage}`, "h1", stage, { status })],
    );
    return gridOf({ ...PIPELINE, hosts: ["h1"] }, cells, HOSTS).groups[0]?.rows[0]?.outcome;
  };

  expect(outcome("succeeded", "cancelled", "skipped")).toBe("stopped");
  expect(outcome("succeeded", "pending", "pending")).toBe("waiting");
  expect(outcome("lost", "skipped", "skipped")).toBe("failed");
  expect(outcome(null, null, null)).toBe("unknown");
  expect(outcome("succeeded", "succeeded", "succeeded")).toBe("succeeded");
});

test("each stage says when it began and ended, and how far it is", () => {
  const at = (second: number) => ({
    startedAt: `2026-01-01T00:00:0${second}.000Z`,
    finishedAt: `2026-01-01T00:00:0${second + 3}.000Z`,
  });
  const running = { status: "running", startedAt: "2026-01-01T00:00:06.000Z" } as const;
  const commands = [
    command("c1", "h1", 0, at(0)),
    command("c2", "h2", 0, { ...at(1), status: "failed" }),
    command("c3", "h1", 1, running),
    command("c4", "h2", 1, { status: "skipped" }),
  ];

  const spans = stageSpans(PIPELINE, gridOf(PIPELINE, commands, HOSTS));

  const zero = Date.parse("2026-01-01T00:00:00.000Z");
  expect(spans).toEqual([
    { op: "uptime", done: 2, hosts: 2, failed: 1, fromMs: zero, toMs: zero + 4_000 },
    { op: "disk", done: 1, hosts: 2, failed: 0, fromMs: zero + 6_000, toMs: null },
    { op: "uptime", done: 0, hosts: 0, failed: 0, fromMs: null, toMs: null },
  ]);
});
