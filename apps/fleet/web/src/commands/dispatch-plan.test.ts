import type { Host } from "@neverstale/fleet-domain";
import { expect, test } from "vitest";
import { hostRecord } from "../hosts/host-suite.ts";
import { argDefault, chosenSummary, hiddenWords, opChoices, planOp, planPipeline, readArgs } from "./dispatch-plan.ts";

function host(id: string, ops: readonly string[], more: Partial<Host> = {}): Host {
  return hostRecord(id, { ops: ops.map((name) => ({ name, args: [] })), ...more });
}

const HOSTS = [
  host("web-1", ["disk", "uptime"]),
  host("web-2", ["uptime"], { runningCommand: "c1" }),
  host("db-1", ["uptime"], { online: false }),
  host("old", ["disk"]),
];

function plan(wait: boolean) {
  const uptime = opChoices(HOSTS).find((choice) => choice.offer.name === "uptime");
  if (uptime === undefined) throw new Error("uptime is not offered");
  return planOp(HOSTS, uptime, wait);
}

test("every op that one of the hosts allows can be chosen, with the hosts that allow it", () => {
  expect(opChoices(HOSTS).map(({ offer, allowedOn }) => [offer.name, allowedOn])).toEqual([
    ["disk", ["web-1", "old"]],
    ["uptime", ["web-1", "web-2", "db-1"]],
  ]);
});

test("the plan goes by what the catalogue says of the op", () => {
  const check = (status: "ok" | "error") => ({ disk: { status, message: "", checkedAt: "2026-01-01T00:00:00.000Z" } });
  const hosts = [
    host("well", ["pull"], { checks: check("ok") }),
    host("unwell", ["pull"], { checks: check("error") }),
    host("none", ["pull"]),
    host("busy", ["pull"], { runningCommand: "c1" }),
    host("away", ["pull"], { online: false }),
  ];
  const [choice] = opChoices(hosts);
  if (choice === undefined) throw new Error("pull is not offered");
  const rule = { id: "pull", deliverWithinMs: 1, offline: "queue", busy: "wait", preChecks: ["disk"] } as const;

  expect(planOp(hosts, choice, false, rule).sentences).toEqual([
    "well runs it now.",
    "busy is busy: it waits there.",
    "away is offline: it waits there.",
    "2 hosts have no ok of disk: it is blocked there.",
  ]);
});

test("the plan says for each kind of host what will happen", () => {
  const { groups, ...told } = plan(false);
  expect(groups.map(({ fate, hosts }) => [fate, ...hosts.map(({ id }) => id)])).toEqual([
    ["runs", "web-1"],
    ["blocked", "web-2"],
    ["blocked", "db-1"],
    ["left_out", "old"],
  ]);
  expect(told).toEqual({
    hosts: ["web-1", "web-2", "db-1"],
    sentences: [
      "web-1 runs it now.",
      "web-2 is busy: it is blocked there.",
      "db-1 is offline: it is blocked there.",
      "old does not allow it and is left out.",
    ],
  });
  expect(plan(true).sentences[1]).toBe("web-2 is busy: it waits there.");
});

test("the waves of a pipeline, the pause between them and the bound on failures are told", () => {
  expect(planPipeline(HOSTS).sentences).toHaveLength(1);
  expect(planPipeline(HOSTS, { waves: [1, "rest"], pauseMs: 30_000, maxFail: "50%" }).sentences.slice(1)).toEqual([
    "In 2 waves of 1, 3 hosts, 30 s apart.",
    "It goes no further once more than 2 hosts failed.",
  ]);
  expect(planPipeline(HOSTS, { waves: ["100%"], maxFail: 0 }).sentences.slice(1)).toEqual([
    "It goes no further once more than 0 hosts failed.",
  ]);
});

test("the selection is summed up by status", () => {
  expect(chosenSummary(HOSTS)).toBe("4 selected: 2 ready, 1 busy, 1 offline");
  expect(chosenSummary(HOSTS.slice(0, 1))).toBe("1 selected: 1 ready");
});

test("fields become typed arguments, an empty one is left out", () => {
  const specs = [
    { name: "seconds", type: "integer", min: 1, max: 60, default: 5 },
    { name: "style", type: "choice", values: ["plain", "colour"] },
    { name: "note", type: "text", maxLength: 20 },
  ] as const;
  const offer = specs.map((spec) => (spec.type === "choice" ? { ...spec, values: [...spec.values] } : spec));

  expect(readArgs(offer, argDefault)).toEqual({ seconds: 5, style: "plain" });
});

test("chosen hosts that the filter hides are counted and named", () => {
  const many = ["a", "b", "c", "d", "e"].map((id) => host(id, []));

  expect(hiddenWords([])).toBeNull();
  expect(hiddenWords(many.slice(0, 1))).toBe("1 of them is hidden by the filter: a.");
  expect(hiddenWords(many)).toBe("5 of them are hidden by the filter: a, b, c and 2 others.");
});
