import type { Command, CommandLogAnswer, EventLogAnswer } from "@neverstale/fleet-domain";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Browser, Fleets, onlineHost, signIn } from "../fleet/fleet-suite.ts";
import type { RunningFleet } from "../process/io/start.ts";

const fleets = new Fleets();
let fleet: RunningFleet;
let browser: Browser;

const LIVE_EVENTS = 10;

/** More than stays in the live state: 230 commands of one host, 5 older and 5 newer ones of another, and their events. */
beforeAll(async () => {
  fleet = await fleets.start({ eventLimit: LIVE_EVENTS });
  browser = await signIn(fleet);
  const web = await onlineHost(browser, "web-1");
  const db = await onlineHost(browser, "db-1");
  for (const [host, commands] of [
    [db, 5],
    [web, 230],
    [db, 5],
  ] as const)
    for (let index = 0; index < commands; index += 1)
      await fleet.parts.transactions.transact((work) => {
        const id = `${String(++count).padStart(4, "0")}-${host.id}`;
        const times = {
          createdAt: new Date(count * 1000).toISOString(),
          finishedAt: new Date(count * 1000).toISOString(),
        };
        const made = { id, host: host.id, op: "uptime", args: {}, requestedBy: "admin", outputBytes: 0, ...times };
        work.change("command_started", host.id, { ...made, status: "blocked", retired: true });
        work.change("event", host.id, {
          id: `e${id}`,
          at: times.createdAt,
          category: "audit",
          level: "info",
          actor: "admin",
          action: "op_dispatched",
          message: id,
        });
      });
});
afterAll(() => fleets.end());
let count = 0;

async function pages<T>(path: string, of: (body: T) => readonly { readonly id: string }[]): Promise<string[][]> {
  const found: string[][] = [];
  for (let before = ""; found.length < 50; ) {
    const answer = await browser.get(`${path}${before}`);
    expect(answer.status).toBe(200);
    const body = answer.body as unknown as T & { readonly next: string | null };
    found.push(of(body).map((record) => record.id));
    if (body.next === null) return found;
    before = `&before=${encodeURIComponent(body.next)}`;
  }
  throw new Error("the pages have no end");
}

const commands = (body: CommandLogAnswer) => body.commands;
const events = (body: EventLogAnswer) => body.events;

test("commands are listed newest first, page by page, beyond the live state: none twice, none left out", async () => {
  const found = await pages("/api/commands?limit=70", commands);

  expect(fleet.manager.state.commands.size).toBe(200);
  expect(found.map((page) => page.length)).toEqual([70, 70, 70, 30]);
  expect(found.flat()).toEqual(found.flat().toSorted().toReversed());
  expect(new Set(found.flat()).size).toBe(240);
});

test("those of one host alone, also the old ones", async () => {
  const found = (await pages("/api/commands?limit=4&host=db-1", commands)).flat();

  expect(found).toHaveLength(10);
  expect(found.every((id) => id.endsWith("db-1"))).toBe(true);
});

test("a page goes on where the one before ended, though its last record has left the live state meanwhile", async () => {
  const first = (await browser.get("/api/event-log?limit=3")).body as unknown as EventLogAnswer;
  for (let index = 0; index < LIVE_EVENTS + 5; index += 1) await browser.call("PATCH", "/api/hosts/web-1", {});
  expect(fleet.manager.state.events.has(first.events.at(-1)?.id ?? "")).toBe(false);

  const second = (await browser.get(`/api/event-log?limit=3&before=${encodeURIComponent(first.next ?? "")}`)).body;

  const [last, next] = [first.events.at(-1)?.id ?? "", (second as unknown as EventLogAnswer).events[0]?.id ?? ""];
  const all = (await pages("/api/event-log?limit=1000", events)).flat();
  expect(all.indexOf(next)).toBe(all.indexOf(last) + 1);
});

test("events evicted all at once are not skipped", async () => {
  const found = await pages("/api/event-log?limit=7", events);

  expect(new Set(found.flat()).size).toBe(found.flat().length);
  expect(found.flat().filter((id) => id.startsWith("e0"))).toHaveLength(240);
});

test("all of the log is filtered by words, kinds, and the tags that hosts have", async () => {
  await browser.call("PATCH", "/api/hosts/db-1", { tags: ["store"] });
  const ids = async (query: string) => (await pages(`/api/event-log?limit=100&${query}`, events)).flat();

  expect(await ids("words=0003-db")).toEqual(["e0003-db-1"]);
  expect(await ids("category=error")).toEqual([]);
  const system = await browser.get("/api/event-log?category=system&limit=1000");
  expect((system.body as unknown as EventLogAnswer).events.every(({ category }) => category === "system")).toBe(true);
  const tagged = await browser.get("/api/event-log?tag=store&limit=1000");
  const hosts = (tagged.body as unknown as EventLogAnswer).events.map(({ host }) => host);
  expect([hosts.length > 0, new Set(hosts)]).toEqual([true, new Set(["db-1"])]);
  expect((await browser.get("/api/event-log?tag=a%20b")).body.code).toBe("bad_request");
});

test("what is no cursor, no number or no such host is refused", async () => {
  const codes = [
    "/api/commands?before=elsewhere",
    "/api/commands?limit=0",
    "/api/event-log?limit=many",
    "/api/event-log?what=x",
  ];
  for (const path of [...codes, "/api/hosts/web-1/output?lines=0", "/api/commands?before=live%20nothing"])
    expect([path, (await browser.get(path)).body.code]).toEqual([path, "bad_request"]);
  expect((await browser.get("/api/hosts/nowhere/output")).body.code).toBe("unknown_host");
});

test("the last lines of a host come from its newest commands, whatever has left their live tails", async () => {
  const host = await onlineHost(browser, "talker");
  for (const [name, lines, end] of [
    ["old", 300, ""],
    ["new", 200, "\n"],
  ] as const) {
    const answer = await browser.post("/api/dispatch", { op: "uptime", hosts: [host.id] });
    const [{ id }] = answer.body.commands as unknown as [Command];
    await host.claim(id);
    let offset = 0;
    for (let from = 0; from < lines; from += 100) {
      const reports = Array.from({ length: 100 }, (_, index) => {
        const isLast = from + index === lines - 1;
        const text = `${name} ${String(from + index).padStart(4, "0")}${isLast ? end : "\n"}`;
        const report = { type: "output", commandId: id, offset, bytes: text.length, text } as const;
        offset += text.length;
        return report;
      });
      await host.report(...reports);
    }
    await host.finished(id, "succeeded", offset);
  }

  const tail = (await browser.get(`/api/hosts/${host.id}/output?lines=250`)).text.trimEnd().split("\n");
  const all = (await browser.get(`/api/hosts/${host.id}/output?lines=10000`)).text.trimEnd().split("\n");

  expect([tail.length, tail[0], tail[49], tail[50], tail.at(-1)]).toEqual([
    250,
    "old 0250",
    "old 0299",
    "new 0000",
    "new 0199",
  ]);
  expect([all.length, all[0]]).toEqual([500, "old 0000"]);
});

test("the pipelines that can be dispatched are told", async () => {
  expect((await browser.get("/api/pipelines")).body).toEqual([
    { name: "health", stages: ["uptime", "disk", "memory"] },
  ]);
});
