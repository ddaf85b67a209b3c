import type { Fleet, Host } from "@neverstale/fleet-domain";
import { expect, test } from "vitest";
import { START_PLACE } from "../state/place.ts";
import { type PaletteEntry, paletteEntries } from "./palette-entries.ts";

const AT = "2026-01-01T00:00:00.000Z";

function host(id: string, rest: Partial<Host> = {}): Host {
  const facts = { hostname: id, os: "Linux", arch: "x64", agentVersion: "1.0.0", enrolledAt: AT };
  return { id, ...facts, tags: [], online: true, checks: {}, ops: [], ...rest };
}

function fleetOf(parts: { [Name in keyof Fleet]?: readonly { readonly id: string }[] }): Fleet {
  const maps = new Map(Object.entries(parts).map(([name, all]) => [name, new Map(all.map((one) => [one.id, one]))]));
  return new Proxy({}, { get: (_, name) => maps.get(String(name)) ?? new Map() }) as Fleet;
}

const OP = { name: "disk", title: "Disk usage", args: [] };
const FLEET = fleetOf({
  hosts: [
    host("web-10", { tags: ["prod"] }),
    host("web-2", { tags: ["prod"], ops: [OP] }),
    host("shop-web", { online: false, name: "Größe" }),
  ],
  commands: [
    { id: "c1", op: "disk", host: "web-2", status: "timed_out", createdAt: AT } as never,
    { id: "c2", op: "disk", host: "gone", status: "succeeded", createdAt: "2026-01-02T00:00:00.000Z" } as never,
  ],
  pipelines: [{ id: "p1", name: "health", status: "partial", createdAt: AT } as never],
});

function found(query: string, group?: string): PaletteEntry[] {
  return paletteEntries(FLEET, ["hosts", "runs", "alerts"], query).filter(
    (one) => group === undefined || one.group === group,
  );
}

test("without a query each group begins: hosts by their names, runs from the newest on", () => {
  expect(found("").map(({ words }) => words)).toEqual([
    ...["Hosts", "Runs", "Alerts"],
    ...["Größe", "web-2", "web-10"],
    "Disk usage",
    "health",
    ...["disk on gone", "Disk usage on web-2"],
  ]);
});

test("all words must be there, in the name or beside it, whatever the case and however a letter is written", () => {
  expect(found("PROD web", "Hosts").map(({ words }) => words)).toEqual(["web-2", "web-10"]);
  expect(found("gro\u0308ße", "Hosts").map(({ words }) => words)).toEqual(["Größe"]);
  expect(found("offline", "Hosts").map(({ words }) => words)).toEqual(["Größe"]);
  expect(found("timed out").map(({ key }) => key)).toEqual(["run c1"]);
  expect(found("nothing has this")).toEqual([]);
});

test("a name that is the query comes before one that begins with it", () => {
  expect(found("web-10").map(({ words }) => words)).toEqual(["web-10"]);
  expect(found("health")[0]?.key).toBe("pipeline p1");
});

test("each leads to its place: a host's page, a run's output, the hosts that allow an op", () => {
  const leads = (key: string) =>
    found("")
      .find((one) => one.key === key)
      ?.leads(START_PLACE);

  expect(leads("host web-2")).toMatchObject({ screen: "hosts", open: "web-2" });
  expect(leads("run c1")).toMatchObject({ screen: "runs", tab: "c1", tabs: ["c1"] });
  expect(leads("pipeline p1")).toMatchObject({ screen: "pipelines", open: "p1" });
  expect(leads("op disk")).toMatchObject({ screen: "hosts", filter: "op:disk" });
  expect(leads("screen alerts")).toMatchObject({ screen: "alerts" });
});

test("with 10,000 hosts a few are shown, the best first", () => {
  const hosts = Array.from({ length: 10_000 }, (_, index) => host(`host-${index}`));
  const all = paletteEntries(fleetOf({ hosts }), [], "host-77").map(({ words }) => words);

  expect(all).toHaveLength(8);
  expect(all[0]).toBe("host-77");
});

test("colours are found by those who look for them, and stand in nobody's way", () => {
  const found = (query: string) => paletteEntries(FLEET, ["hosts"], query).filter(({ group }) => group === "Colours");
  expect(found("")).toEqual([]);
  expect(found("dark").map(({ theme }) => theme)).toEqual(["dark"]);
});

test("whoever may run something finds that too, and comes to the dialog", () => {
  const runs = (query: string, mayRun: boolean) =>
    paletteEntries(FLEET, [], query, mayRun).filter(({ group }) => group === "Run");

  expect(runs("", true).map(({ words }) => words)).toEqual(["Run something…", "Run Disk usage…"]);
  expect(runs("run disk", true)[0]?.runs).toEqual({ where: { kind: "filter", text: "op:disk" }, what: "op:disk" });
  expect(runs("run disk", false)).toEqual([]);
});
