import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Alert } from "@neverstale/fleet-domain";
import { memoryStore } from "@neverstale/server";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Browser, Fleets, makeHosts, signIn } from "../fleet/fleet-suite.ts";
import { round } from "../process/io/rounds.ts";
import type { RunningFleet } from "../process/io/start.ts";
import { MAX_SILENCES, SILENCES_OF_ONE } from "./decide.ts";

const fleets = new Fleets();
const store = memoryStore();
const dataDir = fleets.directory();
let fleet: RunningFleet;
let browser: Browser;
let now = Date.parse("2030-01-01T00:00:00.000Z");

const FILE = `
pipelines:
  one: { stages: [uptime] }
alerts:
  lost: { when: host_offline, for: 30s, severity: critical, title: Hosts are lost }
  disk: { when: metric, metric: disk, above: 90, for: 60s }
  checks: { when: check, for: 10s, checks: [nginx] }
  runs: { when: command_failed, ops: [disk] }
  pipelines: { when: pipeline_failed, title: A pipeline failed }
`;

/** The hosts stay as the tests made them: nobody falls silent but those that a test lets. */
async function pass(ms: number): Promise<void> {
  now += ms;
  const { hosts } = fleet.manager.state;
  for (const { id, online } of hosts.values()) if (online) fleet.parts.presences.heard(id);
  await round(fleet.parts, false);
}

const change = (work: Parameters<RunningFleet["parts"]["transactions"]["transact"]>[0]) =>
  fleet.parts.transactions.transact(work);

/** They are not heard of any more. */
async function vanish(ids: readonly string[]): Promise<void> {
  now += 20_000;
  const gone = new Set(ids);
  for (const { id, online } of fleet.manager.state.hosts.values())
    if (online && !gone.has(id)) fleet.parts.presences.heard(id);
  await round(fleet.parts, false);
}

async function comeBack(ids: readonly string[]): Promise<void> {
  await change((work) => {
    for (const id of ids) work.change("host_updated", id, { online: true, offlineSince: null });
  });
}

function alertsOf(rule: string): Alert[] {
  return [...fleet.manager.state.alerts.values()].filter((alert) => alert.rule === rule);
}

const eventsOf = (action: string) =>
  [...fleet.manager.state.events.values()].filter((event) => event.action === action);

beforeAll(async () => {
  writeFileSync(join(dataDir, "fleet.yaml"), FILE);
  fleet = await fleets.start({ dataDir, store, now: () => now, steadyNow: () => now });
  browser = await signIn(fleet);
});
afterAll(() => fleets.end());

describe("hosts that are lost", () => {
  test("300 that vanish in one moment are one event and one alert with a list; 300 that come back are one resolution", async () => {
    const ids = await makeHosts(fleet, 300);
    await vanish(ids);
    expect(eventsOf("hosts_offline")).toMatchObject([{ details: { hosts: expect.arrayContaining(ids) } }]);
    expect(alertsOf("lost")).toEqual([]);

    await pass(31_000);
    await pass(2_000);
    const [alert] = alertsOf("lost");
    expect(alertsOf("lost")).toHaveLength(1);
    expect(alert).toMatchObject({ status: "firing", severity: "critical", count: 300, title: "Hosts are lost" });
    expect(alert?.message).toMatch(/^300 hosts offline: .* and 290 more$/);
    expect(eventsOf("alert_fired")).toHaveLength(1);

    await comeBack(ids.slice(0, 299));
    await pass(2_000);
    expect(Object.keys(alertsOf("lost")[0]?.subjects ?? {})).toEqual(ids.slice(299));
    expect(eventsOf("alert_resolved")).toEqual([]);
    await comeBack(ids);
    await pass(2_000);
    expect(alertsOf("lost")).toMatchObject([{ status: "resolved", subjects: {}, count: 300 }]);
    expect(eventsOf("alert_resolved")).toHaveLength(1);
  });

  test("one that comes back in time is no alert", async () => {
    const [id = ""] = await makeHosts(fleet, 1);
    await vanish([id]);
    await comeBack([id]);
    await pass(31_000);
    expect(alertsOf("lost").filter(({ status }) => status !== "resolved")).toEqual([]);
  });

  test("those that follow within the minute join the alert, until somebody has seen it", async () => {
    const [first = "", second = "", third = ""] = await makeHosts(fleet, 3);
    await vanish([first]);
    await pass(31_000);
    await vanish([second]);
    await pass(31_000);
    const open = () => alertsOf("lost").filter(({ status }) => status !== "resolved");
    expect(open()).toMatchObject([{ count: 2 }]);

    const answer = await browser.post(`/api/alerts/${open()[0]?.id}/acknowledge`);
    expect(answer.status).toBe(200);
    expect(open()).toMatchObject([{ status: "acknowledged", acknowledgedBy: "admin" }]);
    await vanish([third]);
    await pass(31_000);
    expect(open().map(({ status }) => status)).toEqual(["acknowledged", "firing"]);
    await comeBack([first, second, third]);
    await pass(2_000);
    expect(open()).toEqual([]);
  });

  test("an alert that somebody closed is not told again while it is still so, and is when it is so anew", async () => {
    const [id = ""] = await makeHosts(fleet, 1);
    const of = () => alertsOf("lost").filter((alert) => alert.message.endsWith(id));
    await vanish([id]);
    await pass(31_000);
    await browser.post(`/api/alerts/${of()[0]?.id}/resolve`);
    await pass(120_000);
    expect(of()).toMatchObject([{ status: "resolved" }]);

    await comeBack([id]);
    await pass(2_000);
    await vanish([id]);
    await pass(31_000);
    expect(of().map(({ status }) => status)).toEqual(["resolved", "firing"]);
    await comeBack([id]);
    await pass(2_000);
  });

  test("nobody is told of a host that is silenced, until the silence is over", async () => {
    const [id = ""] = await makeHosts(fleet, 1);
    const until = new Date(now + 200_000).toISOString();
    const answer = await browser.post("/api/silences", { hosts: [id], until, reason: "it is moved" });
    expect(answer.status).toBe(200);
    const of = () => alertsOf("lost").filter((alert) => alert.message.endsWith(id));
    await vanish([id]);
    await pass(60_000);
    expect(of()).toEqual([]);
    await pass(130_000);
    expect(of()).toMatchObject([{ status: "firing" }]);
    expect(fleet.manager.state.silences.size).toBe(0);
    await comeBack([id]);
    await pass(2_000);
  });
});

describe("other rules", () => {
  const open = (rule: string) => alertsOf(rule).filter(({ status }) => status !== "resolved");

  test("a reading above its bound fires after its time without a break", async () => {
    const [id = ""] = await makeHosts(fleet, 1);
    const read = (disk: number) =>
      change((work) => work.change("host_metrics", id, { id, disk, lastSeenAt: work.at.iso }));
    await read(95);
    await pass(2_000);
    await pass(50_000);
    await read(80);
    await pass(2_000);
    await read(95);
    await pass(2_000);
    await pass(50_000);
    expect(open("disk")).toEqual([]);
    await pass(11_000);
    expect(open("disk")).toMatchObject([{ message: `disk above 90 on 1 host: ${id}` }]);
    await read(80);
    await pass(2_000);
    expect(open("disk")).toEqual([]);
  });

  test("a check that is named and not ok fires, and one that is not named does not", async () => {
    const [id = "", other = ""] = await makeHosts(fleet, 2);
    const bad = { status: "error", message: "down", checkedAt: new Date(now).toISOString() } as const;
    await change((work) => {
      work.change("host_updated", id, { checks: { nginx: bad } });
      work.change("host_updated", other, { checks: { cron: bad } });
    });
    await pass(2_000);
    await pass(11_000);
    expect(open("checks")).toMatchObject([{ message: `a check is not ok on 1 host: ${id}` }]);
  });

  test("a pipeline that fails fires at once, and is well again when a retry succeeds", async () => {
    const [id = ""] = await makeHosts(fleet, 1);
    const begun = { name: "one", stages: ["uptime"], hosts: [id], currentStage: 0, requestedBy: "admin" };
    const ended = { createdAt: new Date(now).toISOString(), finishedAt: new Date(now).toISOString() };
    await change((work) =>
      work.change("pipeline_started", "", { ...begun, ...ended, id: "p1", status: "failed", failedHosts: [id] }),
    );
    await pass(2_000);
    expect(open("pipelines")).toMatchObject([{ message: "a pipeline failed: one" }]);
    await change((work) =>
      work.change("pipeline_started", "", {
        ...begun,
        ...ended,
        id: "p2",
        status: "complete",
        failedHosts: [],
        retryOf: "p1",
      }),
    );
    await pass(2_000);
    expect(open("pipelines")).toEqual([]);
  });

  test("an op fires when its last command on a host failed, and is well again after one that succeeds", async () => {
    const [id = ""] = await makeHosts(fleet, 1);
    const end = (command: string, op: string, status: "failed" | "succeeded") =>
      change((work) =>
        work.change("command_started", id, {
          id: command,
          host: id,
          op,
          args: {},
          status,
          requestedBy: "admin",
          createdAt: work.at.iso,
          startedAt: work.at.iso,
          finishedAt: work.at.iso,
          outputBytes: 0,
          retired: true,
        }),
      );
    await end("c1", "uptime", "failed");
    await pass(2_000);
    expect(open("runs")).toEqual([]);
    await end("c2", "disk", "failed");
    await pass(2_000);
    expect(open("runs")).toMatchObject([{ count: 1 }]);
    await end("c3", "disk", "succeeded");
    await pass(2_000);
    expect(open("runs")).toEqual([]);
  });
});

test("what is asked for wrongly is refused with what to do", async () => {
  const ask = (body: object) => browser.post("/api/silences", body);
  const later = new Date(now + 60_000).toISOString();
  expect((await browser.post("/api/alerts/none/acknowledge")).status).toBe(404);
  expect((await browser.call("DELETE", "/api/silences/none")).status).toBe(404);
  expect((await ask({ until: new Date(now - 1).toISOString(), reason: "x" })).status).toBe(400);
  expect((await ask({ until: later, from: later, reason: "x" })).status).toBe(400);
  expect((await ask({ until: "tomorrow", reason: "x" })).status).toBe(400);
  expect((await ask({ until: later, reason: "x", hosts: [] })).status).toBe(400);
});

test("[B114] silences are bounded, and the next one is refused", async () => {
  const until = new Date(now + 60_000).toISOString();
  await change((work) => {
    for (let at = fleet.manager.state.silences.size; at < MAX_SILENCES; at += 1)
      work.change("silence_set", "", {
        id: `s${at}`,
        hosts: ["none"],
        from: work.at.iso,
        until,
        reason: "",
        by: `person ${at % 5}`,
      });
  });
  expect((await browser.post("/api/silences", { until, reason: "x", hosts: ["h"] })).body.detail).toMatch(/^there are/);
  await pass(61_000);
  expect(fleet.manager.state.silences.size).toBe(0);
});

test("[B169] one person has so many silences and no more, and others can go on", async () => {
  const until = new Date(now + 60_000).toISOString();
  const fill = (by: string) =>
    change((work) => {
      for (let at = 0; at < SILENCES_OF_ONE; at += 1)
        work.change("silence_set", "", {
          id: `${by} ${at}`,
          hosts: ["none"],
          from: work.at.iso,
          until,
          reason: "",
          by,
        });
    });
  const ask = () => browser.post("/api/silences", { until, reason: "x", hosts: ["h"] });
  await fill("somebody else");
  expect((await ask()).status).toBe(200);
  await change((work) =>
    work.change("silence_removed", "", { id: [...work.fleet.silences.values()].at(-1)?.id ?? "" }),
  );
  await fill("admin");
  const refused = await ask();
  expect([refused.status, refused.body.detail]).toEqual([429, `you have ${SILENCES_OF_ONE} silences already`]);
  await pass(61_000);
});

test("a server that is started anew goes on with its alerts, and fires none twice", async () => {
  const [id = ""] = await makeHosts(fleet, 1);
  await vanish([id]);
  await pass(31_000);
  const before = alertsOf("lost").length;
  await fleet.close();
  fleet = await fleets.start({ dataDir, store, now: () => now, steadyNow: () => now });
  await pass(60_000);
  expect(alertsOf("lost").filter((alert) => alert.message.endsWith(id))).toHaveLength(1);
  expect(alertsOf("lost").length).toBe(before);
  await comeBack([id]);
  await pass(2_000);
  expect(alertsOf("lost").every(({ status }) => status === "resolved")).toBe(true);
});
