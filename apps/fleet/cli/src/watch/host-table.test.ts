import type { Alert, Command, Event, Host, Metrics } from "@neverstale/fleet-domain";
import { expect, test } from "vitest";
import { type TableSight, tableLines } from "./host-table.ts";

const AT = "2026-01-01T00:00:00.000Z";
const NOW = Date.parse(AT) + 7_000;
const SIZE = { columns: 80, rows: 20 };

function host(id: string, rest: Partial<Host> = {}): Host {
  const facts = { hostname: id, os: "Linux", arch: "x64", agentVersion: "1.0.0", enrolledAt: AT };
  return { id, ...facts, tags: [], online: true, checks: {}, ops: [], ...rest };
}

function byId<T extends { readonly id: string }>(...records: T[]): ReadonlyMap<string, T> {
  return new Map(records.map((record) => [record.id, record]));
}

function sight(hosts: readonly Host[], rest: Partial<TableSight["state"]> = {}): TableSight {
  const empty = { metrics: byId<Metrics>(), commands: byId<Command>(), alerts: byId<Alert>(), events: byId<Event>() };
  return { state: { hosts: byId(...hosts), ...empty, ...rest }, status: { type: "live" }, ageMs: 0, nowMs: NOW };
}

function texts(of: TableSight, size = SIZE): string[] {
  return tableLines(of, size).map(({ text }) => text);
}

test("hosts that need somebody come first, then those at work, each with its figures and their age", () => {
  const metrics = byId<Metrics>({ id: "web-2", lastSeenAt: AT, cpu: 41.4, ram: 7, load1: 0.5 });
  const hosts = [host("web-10"), host("web-2", { runningCommand: "c1" }), host("db", { online: false })];

  const lines = tableLines(sight(hosts, { metrics }), SIZE);

  expect(lines.slice(0, 6)).toEqual([
    { tone: "good", text: "● live" },
    { tone: "plain", text: "3 hosts · 2 online · 1 offline · 0 commands run · 0 alerts" },
    { tone: "bold", text: "HOST    STATUS   CPU   RAM  DISK  LOAD  HEARD  RUNS" },
    { tone: "bad", text: "db      offline" },
    { tone: "plain", text: "web-2   online   41 %  7 %        0.50  7 s" },
    { tone: "plain", text: "web-10  online" },
  ]);
});

test("a table that is not live says how old it is, and all of it is dim", () => {
  const old: TableSight = { ...sight([host("web-1")]), status: { type: "offline" }, ageMs: 61_000 };

  const [first, ...others] = tableLines(old, SIZE);

  expect(first).toEqual({ tone: "warn", text: "○ offline · these values are 61 s old" });
  expect(new Set(others.map(({ tone }) => tone))).toEqual(new Set(["dim"]));
});

test("it never has more lines or columns than the terminal, and counts what does not fit", () => {
  const hosts = Array.from({ length: 300 }, (_, index) => host(`名前の長いホスト-${index}`));
  for (const size of [SIZE, { columns: 10, rows: 4 }, { columns: 1, rows: 1 }, { columns: 300, rows: 400 }]) {
    const lines = texts(sight(hosts), size);

    expect(lines.length).toBeLessThanOrEqual(size.rows);
    expect(Math.max(...lines.map((line) => [...line].length))).toBeLessThanOrEqual(size.columns);
  }
  expect(texts(sight(hosts)).filter((line) => line.startsWith("and "))).toEqual(["and 290 more hosts"]);
});

test("[C36] neither a host's name nor an alert or event commands the terminal", () => {
  const bad = "a\u001b[2J\u009b31m\nb\u202e";
  const alert = {
    id: "a1",
    rule: "r",
    kind: "host_offline",
    severity: "critical",
    status: "firing",
    firedAt: AT,
  } as const;
  const events = byId<Event>({
    id: "e1",
    at: AT,
    category: "audit",
    level: "info",
    actor: "x",
    action: "y",
    message: bad,
  });
  const alerts = byId<Alert>({ ...alert, title: bad, message: bad, subjects: {}, count: 1 });

  expect(texts(sight([host("h", { name: bad })], { alerts, events })).join("")).not.toMatch(/\p{Cc}|\p{Bidi_Control}/u);
});
