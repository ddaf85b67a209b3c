import { afterAll, beforeAll, expect, test } from "vitest";
import { makeApiToken } from "../accounts/api-tokens.ts";
import { hashOf } from "../accounts/io/secrets.ts";
import { type Browser, Fleets, onlineHost, send, signIn } from "../fleet/fleet-suite.ts";
import type { RunningFleet } from "../process/io/start.ts";
import { csvLine } from "./csv.ts";

const fleets = new Fleets();
let fleet: RunningFleet;
let browser: Browser;

beforeAll(async () => {
  fleet = await fleets.start({ auditLimit: 20 });
  browser = await signIn(fleet);
  await onlineHost(browser, "web-1");
  const db = await onlineHost(browser, "db-1");
  await browser.call("PATCH", `/api/hosts/${db.id}`, { tags: ["prod"], location: '=HYPERLINK("http://evil")' });
  for (let index = 0; index < 60; index += 1) await browser.call("PATCH", "/api/hosts/web-1", { location: `${index}` });
});
afterAll(() => fleets.end());

/** It reads CSV as RFC 4180 says. */
function rowsOf(text: string): string[][] {
  const rows: string[][] = [[]];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|$)/g)) {
    rows.at(-1)?.push(quoted === undefined ? (plain ?? "") : quoted.replaceAll('""', '"'));
    if (end === "\r\n") rows.push([]);
    if (end === "") break;
  }
  return rows.filter((row) => row.length > 1);
}

function recordsOf(text: string): Record<string, string>[] {
  const [head = [], ...rows] = rowsOf(text);
  return rows.map((row) => Object.fromEntries(head.map((name, at) => [name, row[at] ?? ""])));
}

test("a cell that a spreadsheet would take for a formula is marked as text, and quotes are doubled", () => {
  expect(
    csvLine(["=1+1", "+1", "-1", "@x", "\tx", "a,b", 'say "x"', "two\nlines", " x", "plain", -1, true, null]),
  ).toBe(`'=1+1,'+1,'-1,'@x,"'\tx","a,b","say ""x""","two\nlines"," x",plain,-1,true,\r\n`.replace(`"'\tx"`, "'\tx"));
});

test("hosts are exported with their figures, as CSV and as JSON, all or those with a tag", async () => {
  const csv = await browser.get("/api/hosts/export");
  const json = await browser.get("/api/hosts/export?format=json&tag=prod");

  expect(csv.headers["content-disposition"]).toBe('attachment; filename="hosts.csv"');
  const records = recordsOf(csv.text);
  expect(records.map(({ id }) => id)).toEqual(["web-1", "db-1"]);
  expect(records[1]).toMatchObject({ name: "db-1", os: "Linux", online: "true", tags: "prod" });
  expect(records[1]?.location).toBe('\'=HYPERLINK("http://evil")');
  const hosts: { id: string; location: string }[] = JSON.parse(json.text);
  expect(hosts.map(({ id, location }) => [id, location])).toEqual([["db-1", '=HYPERLINK("http://evil")']]);
  expect(JSON.parse((await browser.get("/api/hosts/export?format=json&tag=none")).text)).toEqual([]);
});

test("the audit is exported whole, also what has left the live state, and by who, what, where and when", async () => {
  const all: { sequence: number; actor: string; action: string; at: string; evidence?: object }[] = JSON.parse(
    (await browser.get("/api/audit/export?format=json")).text,
  );
  const csv = recordsOf((await browser.get("/api/audit/export?action=host_changed&host=web-1")).text);
  const [, , third, fourth] = all;
  const between = await browser.get(`/api/audit/export?format=json&from=${third?.at}&to=${fourth?.at}`);

  expect(all.map(({ sequence }) => sequence)).toEqual(Array.from({ length: all.length }, (_, at) => at + 1));
  expect(all.length).toBeGreaterThan(60);
  expect(csv).toHaveLength(60);
  expect(csv[0]).toMatchObject({ actor: "admin", host: "web-1", address: "127.0.0.1" });
  expect(csv[0]?.hash).toMatch(/^[0-9a-f]{64}$/);
  expect(JSON.parse(between.text).every(({ at = "" }) => at >= (third?.at ?? "") && at < (fourth?.at ?? ""))).toBe(
    true,
  );
  expect(JSON.parse((await browser.get("/api/audit/export?format=json&actor=nobody")).text)).toEqual([]);
});

test("[C30] where a request came from is shown to admins alone", async () => {
  const token = `nst_${"v".repeat(43)}`;
  await fleet.parts.transactions.transact((work) => {
    makeApiToken(work, "admin", hashOf(token), { label: "a viewer", role: "viewer", ttlS: 3_600 });
  });
  const get = (path: string) => send(fleet.address, "GET", path, { headers: { authorization: `Bearer ${token}` } });

  expect((await get("/api/audit/export")).status).toBe(403);
  const shown = await get("/api/event-log?category=audit");
  expect([shown.status, shown.text.includes("evidence")]).toEqual([200, false]);
  expect((await browser.get("/api/event-log?category=audit")).text).toContain("evidence");
});

test("events, commands, pipelines and alerts of the past are found by what is asked for, a page at a time", async () => {
  await fleet.parts.transactions.transact((work) => {
    for (let index = 0; index < 150; index += 1) {
      const at = new Date(Date.UTC(2026, 0, 1, 0, index)).toISOString();
      const name = index % 2 === 0 ? "health" : "deploy";
      work.change("pipeline_started", "", {
        id: `p-${String(index).padStart(3, "0")}`,
        name,
        stages: ["uptime"],
        hosts: ["web-1"],
        currentStage: 0,
        status: "complete",
        failedHosts: [],
        requestedBy: index % 3 === 0 ? "maria" : "admin",
        createdAt: at,
        finishedAt: at,
      });
    }
  });
  await fleet.parts.transactions.transact((work) => {
    for (let index = 0; index < 250; index += 1) {
      const at = new Date(Date.UTC(2026, 0, 1, 0, index)).toISOString();
      const named = { id: `a-${String(index).padStart(3, "0")}`, rule: index % 2 === 0 ? "full" : "down", title: "t" };
      work.change("alert_fired", "", {
        ...named,
        kind: "metric",
        severity: "warn",
        message: "m",
        status: "resolved",
        firedAt: at,
        subjects: {},
        count: 1,
      });
    }
  });
  const ids = async (path: string, of: string) => {
    const found: string[] = [];
    for (let before = ""; ; ) {
      const { body, status } = await browser.get(`${path}${before}`);
      expect([path, status]).toEqual([path, 200]);
      found.push(...((body as unknown as Record<string, { id: string }[]>)[of] ?? []).map(({ id }) => id));
      if (body.next === null) return found;
      before = `&before=${encodeURIComponent(String(body.next))}`;
    }
  };

  expect(fleet.manager.state.pipelines.size).toBe(100);
  const health = await ids("/api/pipeline-log?limit=20&name=health", "pipelines");
  expect(health).toHaveLength(75);
  expect(health).toEqual(health.toSorted().toReversed());
  expect(await ids("/api/pipeline-log?requestedBy=maria&to=2026-01-01T00:10:00Z", "pipelines")).toHaveLength(4);
  expect(await ids("/api/pipeline-log?host=db-1", "pipelines")).toEqual([]);
  expect(await ids("/api/alert-log?limit=40&rule=down", "alerts")).toHaveLength(125);
  expect(await ids("/api/alert-log?from=2026-01-01T04:00:00Z&status=resolved", "alerts")).toHaveLength(10);
  expect(await ids("/api/event-log?actor=admin&action=host_changed&host=db-1", "events")).toHaveLength(1);
  expect(await ids("/api/commands?op=nothing", "commands")).toEqual([]);
  expect((await browser.get("/api/alert-log?status=odd")).status).toBe(400);
});
