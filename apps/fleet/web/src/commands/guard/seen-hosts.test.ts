import type { Fleet, Host, OpRule } from "@neverstale/fleet-domain";
import { expect, test } from "vitest";
import { hostRecord } from "../../hosts/host-suite.ts";
import { movedSince, movedWords, seeWork } from "./seen-hosts.ts";

const DISK = { name: "disk", args: [] };

function fleetOf(hosts: readonly Host[], rules: readonly Partial<OpRule>[] = []): Fleet {
  const byId = (all: readonly { readonly id?: string }[]) => new Map(all.map((one) => [one.id, one]));
  return { hosts: byId(hosts), opRules: byId(rules), pipelineRules: new Map() } as unknown as Fleet;
}

const host = (id: string, more: Partial<Host> = {}) => hostRecord(id, { ops: [DISK], ...more });
const WHAT = { op: "disk" };

function moved(before: readonly Host[], after: readonly Host[], ids = after.map(({ id }) => id)) {
  const seen = seeWork(
    fleetOf(before),
    WHAT,
    before.map(({ id }) => id),
  );
  return movedSince(seen, fleetOf(after), ids);
}

test.each<readonly [string, Partial<Host>, Partial<Host>]>([
  ["web-1 went offline", {}, { online: false }],
  ["web-1 is back", { online: false }, {}],
  ["web-1 is busy", {}, { runningCommand: "c1" }],
  ["web-1 is free again", { runningCommand: "c1" }, {}],
  ["web-1 is back, and busy", { online: false }, { runningCommand: "c1" }],
  ["web-1 does not allow it any more", {}, { ops: [] }],
  ["web-1 allows it now", { ops: [] }, {}],
  ["web-1 takes other arguments now", {}, { ops: [{ ...DISK, args: [{ name: "path", type: "text", maxLength: 9 }] }] }],
  ["web-1 has other tags now", { tags: ["prod"] }, { tags: ["test"] }],
  ["big is called so now", {}, { name: "big" }],
])("%s", (words, before, after) => {
  expect(moved([host("web-1", before)], [host("web-1", after)])).toEqual([words]);
});

test("readings, checks and the order of tags are nothing that an action relies on", () => {
  const checks = { disk: { status: "error", message: "", checkedAt: "2026-01-01T00:00:00.000Z" } } as const;

  expect(
    moved([host("web-1", { tags: ["a", "b"] })], [host("web-1", { tags: ["b", "a"], checks, os: "Other" })]),
  ).toEqual([]);
});

test("who was removed, has left a target, or has come into it, is told", () => {
  const [a, b, c] = [host("a"), host("b"), host("c")];

  expect(moved([a, b], [b, c], ["b", "c"])).toEqual(["a was removed", "c has come among them"]);
  expect(moved([a, b], [a, b], ["a"])).toEqual(["b is not among them any more"]);
});

test("a rule of what is to run that is another one is told", () => {
  const seen = seeWork(fleetOf([host("a")], [{ id: "disk" }]), WHAT, ["a"]);

  expect(movedSince(seen, fleetOf([host("a")], [{ id: "disk", danger: true }]), ["a"])).toEqual([
    "the rule of disk is another one now",
  ]);
});

test("the first ones are named, and the others counted", () => {
  expect(movedWords(["a went offline", "b is busy"], 37, "you opened this")).toBe(
    "2 of 37 hosts changed since you opened this: a went offline, b is busy.",
  );
  expect(movedWords(["a", "b", "c", "d", "e", "f"], 9, "you opened this")).toMatch(/: a, b, c, d and 2 others\.$/);
});
