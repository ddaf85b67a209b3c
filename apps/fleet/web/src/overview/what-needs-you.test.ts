import type { Command, Fleet, Host, Pipeline } from "@neverstale/fleet-domain";
import { expect, test } from "vitest";
import { hostRecord } from "../hosts/host-suite.ts";
import { isCalm, sameNeeds, whatNeedsYou } from "./what-needs-you.ts";

const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();

function command(id: string, second: number, rest: Partial<Command>): Command {
  const asked = { op: "disk", host: "web-1", args: {}, requestedBy: "admin", outputBytes: 0 };
  return { id, ...asked, status: "succeeded", createdAt: at(second), ...rest } as Command;
}

function pipeline(id: string, second: number, rest: Partial<Pipeline>): Pipeline {
  return {
    id,
    name: "health",
    stages: [],
    hosts: [],
    createdAt: at(second),
    status: "complete",
    ...rest,
  } as unknown as Pipeline;
}

function fleetOf(hosts: Host[], commands: Command[] = [], pipelines: Pipeline[] = []): Fleet {
  const byId = (all: readonly { readonly id: string }[]) => new Map(all.map((one) => [one.id, one]));
  return {
    hosts: byId(hosts),
    commands: byId(commands),
    pipelines: byId(pipelines),
    alerts: new Map(),
  } as unknown as Fleet;
}

test("a fleet in which all is well is calm, also while something runs", () => {
  const fleet = fleetOf(
    [hostRecord("web-1")],
    [command("c1", 1, { status: "running" })],
    [pipeline("p1", 1, { status: "running" })],
  );

  const needs = whatNeedsYou(fleet);
  expect(isCalm(needs)).toBe(true);
  expect(needs).toMatchObject({ running: ["c1"], runningPipelines: ["p1"] });
});

test("a run that failed is shown until the op has run again on that host", () => {
  const failed = command("c1", 1, { status: "failed" });
  const elsewhere = command("c2", 2, { host: "web-2" });
  const again = command("c3", 3, {});

  expect(whatNeedsYou(fleetOf([], [failed, elsewhere])).failed).toEqual(["c1"]);
  expect(whatNeedsYou(fleetOf([], [failed, elsewhere, again])).failed).toEqual([]);
  expect(whatNeedsYou(fleetOf([], [command("c4", 4, { status: "lost" }), failed])).failed).toEqual(["c4"]);
  expect(whatNeedsYou(fleetOf([], [command("c5", 5, { status: "failed", pipelineId: "p1" })])).failed).toEqual([]);
});

test("a pipeline with something left is shown until one of its name has run again", () => {
  const partial = pipeline("p1", 1, { status: "partial" });

  expect(whatNeedsYou(fleetOf([], [], [partial])).unfinished).toEqual(["p1"]);
  expect(whatNeedsYou(fleetOf([], [], [partial, pipeline("p2", 2, {})])).unfinished).toEqual([]);
});

test("hosts that were lost last come first, and a check counts only on a host that is there", () => {
  const check = { disk: { status: "error", message: "full", checkedAt: at(1) } } as const;
  const hosts = [
    hostRecord("web-10", { checks: check }),
    hostRecord("web-2", { checks: check }),
    hostRecord("old", { online: false, offlineSince: at(1), checks: check }),
    hostRecord("new", { online: false, offlineSince: at(9) }),
  ];

  expect(whatNeedsYou(fleetOf(hosts))).toMatchObject({ lost: ["new", "old"], unwell: ["web-2", "web-10"] });
  expect(sameNeeds(whatNeedsYou(fleetOf(hosts)), whatNeedsYou(fleetOf([...hosts])))).toBe(true);
  expect(sameNeeds(whatNeedsYou(fleetOf(hosts)), whatNeedsYou(fleetOf(hosts.slice(1))))).toBe(false);
});
