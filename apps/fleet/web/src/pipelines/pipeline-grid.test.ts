import type { Command, Host, Pipeline } from "@neverstale/fleet-domain";
import { expect, test } from "vitest";
import { gridOf } from "./pipeline-grid.ts";

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

  expect(grid.rows.map((row) => [row.hostname, ...row.cells.map((cell) => cell?.id ?? null)])).toEqual([
    ["web-1", "c1", null, "c3"],
    ["h2", "c2", null, null],
  ]);
  expect(grid.hidden).toBe(0);
});

test("of a stage that is tried again the last try is shown, in whatever order they are", () => {
  const tries = [
    command("t1", "h1", 0, { status: "failed", retriedBy: "t2" }),
    command("t3", "h1", 0, { status: "pending", retryOf: "t2", attempt: 3 }),
    command("t2", "h1", 0, { status: "failed", retryOf: "t1", attempt: 2, retriedBy: "t3" }),
  ];

  for (const commands of [tries, tries.toReversed()])
    expect(gridOf(PIPELINE, commands, HOSTS).rows[0]?.cells[0]?.id).toBe("t3");
});

test("the grid of a large fleet is cut, and says by how much", () => {
  const hosts = Array.from({ length: 1_000 }, (_, index) => `h${index}`);
  const grid = gridOf({ ...PIPELINE, hosts }, [], new Map());
  expect(grid.rows.length + grid.hidden).toBe(1_000);
  expect(grid.rows.length).toBe(200);
});
