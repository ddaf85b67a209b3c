import type { Command, Fleet } from "@neverstale/fleet-domain";
import { expect, test } from "vitest";
import { selectShownRuns } from "./shown-runs.ts";

function command(id: string, at: number, more: Partial<Command> = {}): Command {
  const whole = { op: "disk", args: {}, requestedBy: "admin", outputBytes: 0, status: "succeeded" } as const;
  return { ...whole, id, host: `host-${id}`, createdAt: `2026-01-01T00:00:0${at}.000Z`, ...more };
}

const COMMANDS = [
  command("a", 1, { runId: "r1" }),
  command("b", 1, { runId: "r1", status: "failed" }),
  command("c", 2, { runId: "r2" }),
  command("d", 3, { pipelineId: "p1", stage: 0 }),
  command("e", 3, { pipelineId: "p1", stage: 1 }),
  command("f", 4, { runId: "r4", host: "one", retriedBy: "g" }),
  command("g", 5, { runId: "r4", host: "one" }),
];
const FLEET = { commands: new Map(COMMANDS.map((one) => [one.id, one])), hosts: new Map() } as unknown as Fleet;

test("what was started together is one row, the newest first; a run on one host shows its commands", () => {
  expect(selectShownRuns("")(FLEET)).toEqual(["c g", "c f", "p p1", "c c", "r r1"]);
});

test("a run is shown where the filter finds one of its commands", () => {
  expect(selectShownRuns("failed")(FLEET)).toEqual(["r r1"]);
  expect(selectShownRuns("host-a")(FLEET)).toEqual(["r r1"]);
});
