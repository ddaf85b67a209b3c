import type { Host, Metrics } from "@neverstale/fleet-domain";
import { expect, test } from "vitest";
import type { Sort } from "../../state/place.ts";
import { hostRecord } from "../host-suite.ts";
import { type HostColumn, keepOrder, rowOrder } from "./host-order.ts";
import type { HostRow } from "./host-rows.ts";

function row(id: string, cpu: number | null, more: Partial<Host> = {}): HostRow {
  const metrics: Metrics = { id, lastSeenAt: "2026-01-01T00:00:00.000Z", ...(cpu === null ? {} : { cpu }) };
  return { host: hostRecord(id, more), metrics };
}

const ROWS = [row("web-10", 40), row("web-2", 90), row("db", null, { online: false }), row("web-1", 40)];
const sortHosts = (rows: readonly HostRow[], sort: Sort<HostColumn> | null) => rows.toSorted(rowOrder(sort));
const ids = (rows: readonly HostRow[]) => rows.map((each) => each.host.id);

test("names sort as people count", () => {
  expect(ids(sortHosts(ROWS, null))).toEqual(["db", "web-1", "web-2", "web-10"]);
});

test("equal values keep the order of the names, what is unknown is below zero", () => {
  expect(ids(sortHosts(ROWS, { column: "cpu", descending: true }))).toEqual(["web-2", "web-1", "web-10", "db"]);
  expect(ids(sortHosts(ROWS, { column: "status", descending: false }))[0]).toBe("db");
});

test("while the order is held, a new host goes to the end and a lost one leaves its place", () => {
  expect(keepOrder(["new", "web-1", "db"], ["db", "web-2", "web-1"])).toEqual(["db", "web-1", "new"]);
});

test("hosts are ordered by what they are called, not by what they call themselves", () => {
  const rows = [row("web-3", 1, { hostname: "a" }), row("web-1", 1, { name: "z" }), row("web-2", 1)];
  expect(ids(sortHosts(rows, null))).toEqual(["web-2", "web-3", "web-1"]);
});

test("plain names are in the order in which a language has them, and so are the others", () => {
  const names = ["web-10", "Web-2", "web-2", "web.1", "web1", "web", "web-02", "z", "10", "9", "a-b", "a.b", "ab"];
  const more = [...names, "élan", "eland", "web 3", "Ω", "web-12345678901234567890", "web-2345678901234567890"];
  const collator = new Intl.Collator("en", { numeric: true });
  const wanted = more.toSorted((a, b) => collator.compare(a, b));

  expect(
    ids(
      sortHosts(
        more.map((name) => row(name, null)),
        null,
      ),
    ),
  ).toEqual(wanted);
});
