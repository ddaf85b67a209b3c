import type { Host, Metrics } from "@neverstale/fleet-domain";
import { expect, test } from "vitest";
import { keepOrder, sortHosts } from "./host-order.ts";
import type { HostRow } from "./host-rows.ts";
import { hostRecord } from "./host-suite.ts";

function row(id: string, cpu: number | null, more: Partial<Host> = {}): HostRow {
  const metrics: Metrics = { id, lastSeenAt: "2026-01-01T00:00:00.000Z", ...(cpu === null ? {} : { cpu }) };
  return { host: hostRecord(id, more), metrics };
}

const ROWS = [row("web-10", 40), row("web-2", 90), row("db", null, { online: false }), row("web-1", 40)];
const ids = (rows: readonly HostRow[]) => rows.map((each) => each.host.id);

test("names sort as people count", () => {
  expect(ids(sortHosts(ROWS, null))).toEqual(["db", "web-1", "web-2", "web-10"]);
});

test("equal values keep the order of the names, what is unknown is below zero", () => {
  expect(ids(sortHosts(ROWS, { column: "cpu", descending: true }))).toEqual(["web-2", "web-1", "web-10", "db"]);
  expect(ids(sortHosts(ROWS, { column: "status", descending: false }))[0]).toBe("db");
});

test("while the order is held, a new host goes to the end and a lost one leaves its place", () => {
  const rows = [row("new", 99), row("web-1", 1), row("db", 2)];
  expect(ids(keepOrder(rows, ["db", "web-2", "web-1"]))).toEqual(["db", "web-1", "new"]);
});

test("hosts are ordered by what they are called, not by what they call themselves", () => {
  const rows = [row("web-3", 1, { hostname: "a" }), row("web-1", 1, { name: "z" }), row("web-2", 1)];
  expect(ids(sortHosts(rows, null))).toEqual(["web-2", "web-3", "web-1"]);
});
