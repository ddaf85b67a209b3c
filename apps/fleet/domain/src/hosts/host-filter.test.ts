import { expect, test } from "vitest";
import type { Host, Metrics } from "./host.ts";
import { checkStates, filterWord, parseHostFilter } from "./host-filter.ts";
import { FilterText } from "./host-group.ts";

const host = (id: string, more: Partial<Host> = {}): Host => ({
  ...{ id, hostname: id, os: "Debian 12", arch: "x64", agentVersion: "0.1.0", tags: [], online: true },
  ...{ checks: {}, ops: [], enrolledAt: "2026-01-01T00:00:00.000Z" },
  ...more,
});

const HOSTS: readonly (readonly [Host, Metrics | undefined])[] = [
  [
    host("web-1", { tags: ["prod", "Edge"] }),
    { id: "web-1", lastSeenAt: "2026-01-01T00:00:00.000Z", cpu: 91, load1: 2.5 },
  ],
  [
    host("web-2", { tags: ["staging"], runningCommand: "c1", ops: [{ name: "Reboot", args: [] }] }),
    { id: "web-2", lastSeenAt: "2026-01-01T00:00:00.000Z", cpu: 80 },
  ],
  [host("db-1", { tags: ["prod-old"], online: false, location: "Oslo" }), undefined],
];

const found = (filter: string) =>
  HOSTS.filter(([host, metrics]) => parseHostFilter(filter)({ host, metrics })).map(([host]) => host.id);

test("an op is named whole, whatever its case", () => {
  expect(found("op:reboot")).toEqual(["web-2"]);
  expect(found("-op:REBOOT")).toEqual(["web-1", "db-1"]);
  expect(found("op:boot")).toEqual([]);
});

test("a filter by which something runs says something, and no word of it has lost its value", () => {
  const wrong = ["", " - ", "---", "status:", "web -tag:", "check:", "os:", "Status: web", "-op:", "cpu:>", "-cpu:>="];

  expect(wrong.filter((text) => FilterText.safeParse(text).success)).toEqual([]);
  for (const text of ["web", "-tag:prod", "status:online web", "cpu:>80 - web"])
    expect(FilterText.parse(text)).toBe(text);
});

test("an empty filter shows every host", () => {
  expect(found("")).toEqual(["web-1", "web-2", "db-1"]);
  expect(found("  - ")).toEqual(["web-1", "web-2", "db-1"]);
});

test("words match what a host says of itself, and all of them must", () => {
  expect(found("web")).toEqual(["web-1", "web-2"]);
  expect(found("OSLO debian")).toEqual(["db-1"]);
  expect(found("web oslo")).toEqual([]);
});

test("a tag matches whole", () => {
  expect(found("tag:prod")).toEqual(["web-1"]);
  expect(found("tag:edge")).toEqual(["web-1"]);
  expect(found("-tag:prod")).toEqual(["web-2", "db-1"]);
});

test("a status matches as far as it is typed", () => {
  expect(found("status:offline")).toEqual(["db-1"]);
  expect(found("status:bu")).toEqual(["web-2"]);
  expect(found("status:online")).toEqual(["web-1", "web-2"]);
});

test("a check is named, or how it is, and a system and a version are written without spaces", () => {
  const checks = {
    disk: { status: "error", message: "", checkedAt: "2026-01-01T00:00:00.000Z" },
    Updates: { status: "ok", message: "", checkedAt: "2026-01-01T00:00:00.000Z" },
  } as const;
  const one = {
    host: host("app-1", { checks, os: "Debian  GNU/Linux 12", agentVersion: "1.2.0 beta" }),
    metrics: undefined,
  };
  const matching = (...filters: readonly string[]) => filters.filter((filter) => parseHostFilter(filter)(one));

  const right = ["check:error", "check:ok", "check:updates", "check:disk=error", "os:debian", "os:debian_gnu/linux_12"];
  expect(matching(...right, "version:1.2.0_Beta", "-check:unknown")).toHaveLength(8);
  expect(matching("check:unknown", "check:disk=ok", "check:upd", "os:gnu", "version:1.2.0", "-check:error")).toEqual(
    [],
  );
  expect([filterWord("Debian  GNU/Linux 12"), checkStates(one.host)]).toEqual(["Debian_GNU/Linux_12", ["error", "ok"]]);
});

test("a measure that is not known is neither above nor below", () => {
  expect(found("cpu:>80")).toEqual(["web-1"]);
  expect(found("cpu:>=80")).toEqual(["web-1", "web-2"]);
  expect(found("cpu:<85")).toEqual(["web-2"]);
  expect(found("load:>2")).toEqual(["web-1"]);
});

test("a host is found by its name, by its id, and by what the machine calls itself", () => {
  const named = host("web-9", { name: "Shop", hostname: "ip-10-0-0-9" });

  expect(["shop", "web-9", "ip-10"].map((word) => parseHostFilter(word)({ host: named, metrics: undefined }))).toEqual([
    true,
    true,
    true,
  ]);
});

test("a letter is found however it is written, composed or in parts, wide or narrow, in either case", () => {
  const hosts = ["na\u00efve", "nai\u0308ve", "NA\u00cfVE", "\uff4e\uff41\u00ef\uff56\uff45"].map((name) =>
    host("h", { name, tags: [name] }),
  );
  const count = (filter: string) =>
    hosts.filter((each) => parseHostFilter(filter)({ host: each, metrics: undefined })).length;

  for (const word of ["na\u00efve", "nai\u0308ve", "NAI\u0308VE"])
    expect([count(word), count(`tag:${word}`)]).toEqual([4, 4]);
});

test("a word is found within one of a host's texts, and again in the record that comes after a change", () => {
  const before = host("cache-1", { tags: ["red", "blue"] });
  const after = { ...before, tags: ["green"] };
  const matches = (filter: string, it: Host) => parseHostFilter(filter)({ host: it, metrics: undefined });

  expect([matches("red", before), matches("redblue", before), matches("green", before)]).toEqual([true, false, false]);
  expect([matches("red", after), matches("green", after)]).toEqual([false, true]);
});
