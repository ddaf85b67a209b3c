import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Alert, MAX_SHARED_TAGS, type Pipeline, type Share } from "@neverstale/fleet-domain";
import { memoryStore } from "@neverstale/server";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { limitedPerson, taggedHost, tagHost, withoutAnswerId } from "../accounts/grants-suite.ts";
import { inviteUser } from "../accounts/users.ts";
import { type Browser, Fleets, type HostAgent, signIn } from "../fleet/fleet-suite.ts";
import { round } from "../process/io/rounds.ts";
import type { RunningFleet } from "../process/io/start.ts";
import { hostsNamed, MAX_HOSTS_SHARED } from "./settle-shares.ts";

const FILE = `
pipelines:
  two: { stages: [uptime, disk], waves: [2, rest], max_fail: 50% }
alerts:
  lost: { when: host_offline, for: 1s, severity: critical, title: Hosts are lost }
  pipelines: { when: pipeline_failed }
`;

const fleets = new Fleets();
const dataDir = fleets.directory();
let now = Date.parse("2030-01-01T00:00:00.000Z");
let fleet: RunningFleet;
let admin: Browser;
let ann: Browser;
let web: HostAgent;
let shop: HostAgent;
let db: HostAgent;

beforeAll(async () => {
  writeFileSync(join(dataDir, "fleet.yaml"), FILE);
  fleet = await fleets.start({ store: memoryStore(), dataDir, now: () => now, steadyNow: () => now });
  admin = await signIn(fleet);
  web = await taggedHost(admin, "web-1", ["team:web"]);
  shop = await taggedHost(admin, "shop-1", ["team:web", "eu"]);
  db = await taggedHost(admin, "db-1", ["team:db", "eu"]);
});
afterAll(() => fleets.end());

async function sharesOf(browser: Browser): Promise<readonly Share[]> {
  const { body } = await browser.get("/api/state");
  return (body.state as unknown as { readonly shares: readonly Share[] }).shares;
}

async function pipelineOf(browser: Browser, id: string): Promise<Pipeline | undefined> {
  return (await sharesOf(browser)).find(({ pipeline }) => pipeline?.id === id)?.pipeline;
}

async function alertOf(browser: Browser, rule: string): Promise<Alert | undefined> {
  return (await sharesOf(browser)).findLast(({ alert }) => alert?.rule === rule)?.alert;
}

async function start(hosts: readonly HostAgent[], by = admin): Promise<string> {
  const answer = await by.post("/api/dispatch/pipeline", { pipeline: "two", hosts: hosts.map(({ id }) => id) });
  expect(answer.status).toBe(202);
  return String(answer.body.pipelineId);
}

async function workOff(host: HostAgent, status: "succeeded" | "failed"): Promise<void> {
  for (;;) {
    const next = [...fleet.manager.state.commands.values()].find(
      (command) => command.host === host.id && command.status === "pending" && command.deadline !== undefined,
    );
    if (next === undefined) return;
    await host.run(next.id, status);
  }
}

/** Time passes, and of these hosts something is heard. */
async function pass(ms: number, heard: readonly HostAgent[]): Promise<void> {
  now += ms;
  for (const { id } of heard) fleet.parts.presences.heard(id);
  await round(fleet.parts, false);
}

test("where nobody is limited nothing is shared; with the first limit the newest are, and with the last one they go", async () => {
  const id = await start([web, db]);
  const before = [...fleet.manager.state.shares.values()];
  ann = await limitedPerson(admin, "ann", "operator", ["team:web"]);
  const shared = await pipelineOf(ann, id);
  await admin.call("PATCH", "/api/users/ann", { tags: null });
  const after = [fleet.manager.state.shares.size, fleet.manager.state.sharedTags.size];
  await admin.call("PATCH", "/api/users/ann", { tags: ["team:web"] });
  for (const host of [web, db, web, db]) await workOff(host, "succeeded");

  expect(before).toEqual([]);
  expect(shared?.hosts).toEqual(["web-1"]);
  expect(after).toEqual([0, 0]);
});

describe("a pipeline", () => {
  test("is shared as a pipeline on the hosts with the tag, as if there were no others", async () => {
    const id = await start([web, db, shop]);
    await workOff(web, "succeeded");
    await workOff(db, "failed");
    await workOff(web, "succeeded");
    await workOff(shop, "succeeded");
    const whole = fleet.manager.state.pipelines.get(id);
    const part = await pipelineOf(ann, id);

    expect(whole).toMatchObject({ status: "partial", failedHosts: ["db-1"], currentWave: 1 });
    expect(part).toMatchObject({ id, name: "two", status: "complete", hosts: ["web-1", "shop-1"], failedHosts: [] });
    for (const hidden of ["waves", "currentWave", "maxFail", "reason", "unfinished"])
      expect(part).not.toHaveProperty(hidden);
  });

  test("is stopped and retried by who is limited on the own hosts alone, and goes on on the others", async () => {
    const id = await start([web, db]);
    const stopped = await ann.post(`/api/pipelines/${id}/cancel`);
    const running = fleet.manager.state.pipelines.get(id)?.status;
    await workOff(db, "succeeded");
    await workOff(db, "succeeded");
    const ended = fleet.manager.state.pipelines.get(id);
    const part = await pipelineOf(ann, id);
    const again = await ann.post(`/api/pipelines/${id}/retry`, { only: "failed_and_not_started" });
    const retried = fleet.manager.state.pipelines.get(String(again.body.pipelineId));
    await workOff(web, "succeeded");
    await workOff(web, "succeeded");

    expect([stopped.status, running]).toEqual([202, "running"]);
    expect(ended).toMatchObject({ status: "partial", failedHosts: ["web-1"] });
    expect(part).toMatchObject({ status: "failed", hosts: ["web-1"] });
    expect(retried?.hosts).toEqual(["web-1"]);
  });

  test("its share moves with the tags of its hosts", async () => {
    const id = await start([web, db]);
    await tagHost(admin, db.id, ["team:db", "eu", "team:web"]);
    const both = (await pipelineOf(ann, id))?.hosts;
    await tagHost(admin, db.id, ["team:db", "eu"]);
    await tagHost(admin, web.id, ["other"]);
    const none = await pipelineOf(ann, id);
    await tagHost(admin, web.id, ["team:web"]);
    for (const host of [web, db, web, db]) await workOff(host, "succeeded");

    expect(both).toEqual(["web-1", "db-1"]);
    expect(none).toBeUndefined();
    expect((await pipelineOf(ann, id))?.hosts).toEqual(["web-1"]);
  });
});

describe("an alert", () => {
  test("is shared with its own hosts, number and words, and has a life of its own", async () => {
    await pass(1_000, [web, shop, db]);
    await pass(60_000, []);
    await pass(2_000, []);
    const whole = [...fleet.manager.state.alerts.values()].findLast(({ rule }) => rule === "lost");
    const part = await alertOf(ann, "lost");
    const acknowledged = await ann.post(`/api/alerts/${whole?.id}/acknowledge`);
    const seen = await alertOf(ann, "lost");
    const still = fleet.manager.state.alerts.get(whole?.id ?? "")?.status;
    const event = (await sharesOf(ann)).find((share) => share.event?.action === "hosts_offline")?.event;
    const log = await ann.get("/api/event-log?limit=1000");
    await ann.post(`/api/alerts/${whole?.id}/acknowledge`);
    const audited = await admin.get("/api/audit/export?format=json&action=alert_acknowledged");

    expect(JSON.parse(audited.text)).toMatchObject([
      { actor: "ann", message: "ann acknowledged, for the own hosts: Hosts are lost", details: { id: whole?.id } },
    ]);
    expect(whole).toMatchObject({ count: 3, status: "firing" });
    expect(part).toMatchObject({ count: 2, status: "firing", message: "2 hosts offline: web-1, shop-1" });
    expect(Object.keys(part?.subjects ?? {})).toEqual(["web-1", "shop-1"]);
    expect([acknowledged.status, seen?.status, seen?.acknowledgedBy, still]).toEqual([
      200,
      "acknowledged",
      "ann",
      "firing",
    ]);
    expect(event).toMatchObject({ message: "2 hosts are offline: web-1, shop-1" });
    expect(log.text).toContain("2 hosts are offline: web-1, shop-1");
    expect(log.text).not.toContain("db-1");
  });

  test("is over for who is limited when the own hosts are back, whatever becomes of the others", async () => {
    await web.hello();
    await shop.hello();
    await pass(1_000, [web, shop]);
    const part = await alertOf(ann, "lost");
    const whole = [...fleet.manager.state.alerts.values()].findLast(({ rule }) => rule === "lost");
    await db.hello();
    await pass(1_000, [web, shop, db]);

    expect(part).toMatchObject({ status: "resolved", subjects: {}, message: "2 hosts offline: web-1, shop-1" });
    expect(Object.keys(whole?.subjects ?? {})).toEqual(["db-1"]);
  });

  test("names no host any more that has other tags, and an event of several is forgotten by it", async () => {
    await tagHost(admin, shop.id, ["eu"]);
    const shares = await sharesOf(ann);
    await tagHost(admin, shop.id, ["team:web", "eu"]);

    expect(JSON.stringify(shares)).not.toContain("shop-1");
    expect(shares.find(({ alert }) => alert?.rule === "lost")?.alert?.message).toBe("1 host offline: web-1");
  });

  test("that is of foreign hosts alone is as unknown as none", async () => {
    await pass(60_000, [web, shop]);
    await pass(2_000, [web, shop]);
    const whole = [...fleet.manager.state.alerts.values()].findLast(({ rule }) => rule === "lost");
    const hidden = await ann.post(`/api/alerts/${whole?.id}/resolve`);
    const none = await ann.post("/api/alerts/no-such-alert/resolve");
    await db.hello();
    await pass(1_000, [web, shop, db]);

    expect(Object.keys(whole?.subjects ?? {})).toEqual(["db-1"]);
    const words = withoutAnswerId(hidden.text).replace(String(whole?.id), "no-such-alert");
    expect([hidden.status, words]).toEqual([404, withoutAnswerId(none.text)]);
  });
});

test("a silence of somebody who is limited is of one own tag, and is shown to those who have it", async () => {
  const until = "2031-01-01T00:00:00.000Z";
  const ask = (more: object) => ann.post("/api/silences", { until, reason: "a visit", ...more });
  const refused = [await ask({}), await ask({ hosts: [web.id] }), await ask({ tags: ["team:db"] })];
  const made = await ask({ tags: ["team:web"] });
  const wide = await admin.post("/api/silences", { until, reason: "all of it", tags: ["team:web", "team:db"] });
  const { body } = await ann.get("/api/state");
  const shown = (body.state as unknown as { readonly silences: readonly { readonly id: string }[] }).silences;
  const foreign = await ann.call("DELETE", `/api/silences/${String(wide.body.silenceId)}`);
  const own = await ann.call("DELETE", `/api/silences/${String(made.body.silenceId)}`);

  expect(refused.map(({ status }) => status)).toEqual([400, 400, 400]);
  expect(shown.map(({ id }) => id)).toEqual([String(made.body.silenceId)]);
  expect([foreign.status, own.status]).toEqual([404, 200]);
});

describe("bounds", () => {
  test("[B123] so many different tags limit users and tokens at once: one more is refused", async () => {
    const invite = (name: string, tags: readonly string[]) => admin.post("/api/users", { name, role: "viewer", tags });
    await fleet.parts.transactions.transact((work) => {
      for (let user = 0; user < MAX_SHARED_TAGS / 32 - 1; user += 1) {
        const tags = Array.from({ length: 32 }, (_, at) => `tag-${user}-${at}`);
        inviteUser(work, "admin", { name: `user-${user}`, role: "viewer", tags }, `a link of ${user}`);
      }
    });
    const left = MAX_SHARED_TAGS - fleet.manager.state.sharedTags.size;
    const last = await invite(
      "the-last",
      Array.from({ length: left }, (_, at) => `last-${at}`),
    );
    const oneMore = await invite("one-more", ["one-more"]);
    const asBefore = await invite("as-before", ["team:web"]);

    expect([last.status, oneMore.status, asBefore.status]).toEqual([201, 429, 201]);
    expect(oneMore.body.detail).toContain("different tags");
    expect(fleet.manager.state.sharedTags.size).toBe(MAX_SHARED_TAGS);
  });

  test("[B124] all shares together name so many hosts: beyond them the oldest go that are over", async () => {
    const hosts = Array.from({ length: 10_000 }, (_, at) => `many-${at}`);
    const named = { name: "many", stages: ["uptime"], currentStage: 0, failedHosts: [], requestedBy: "admin" } as const;
    await fleet.parts.transactions.transact((work) => {
      const facts = { os: "", arch: "", agentVersion: "", online: false, checks: {}, ops: [], enrolledAt: work.at.iso };
      for (const id of hosts) work.change("host_added", id, { id, hostname: id, tags: ["team:web"], ...facts });
    });
    for (let index = 0; index < MAX_HOSTS_SHARED / hosts.length + 1; index += 1) {
      now += 1_000;
      await fleet.parts.transactions.transact((work) => {
        const id = `many-${String(index).padStart(2, "0")}`;
        work.change("pipeline_started", "", { ...named, id, hosts, status: "running", createdAt: work.at.iso });
        work.change("pipeline_finished", "", { id, status: "complete", finishedAt: work.at.iso });
      });
    }
    const kept = [...fleet.manager.state.shares.values()].flatMap(({ pipeline }) => pipeline?.id ?? []);

    expect(hostsNamed(fleet.manager.state.shares.values())).toBeLessThanOrEqual(MAX_HOSTS_SHARED);
    expect(kept).toContain("many-20");
    expect(kept).not.toContain("many-00");
    const inAll = hostsNamed(fleet.manager.state.shares.values());
    expect((await admin.get("/metrics")).text).toContain(`neverstale_share_hosts ${inAll}`);
  });

  test("[B124] what is about very many hosts with long names goes on, and is shared as far as that may be stored", async () => {
    const large = await fleets.start({ store: memoryStore(), now: () => now, steadyNow: () => now });
    const boss = await signIn(large);
    const tags = Array.from({ length: 8 }, (_, at) => `of-${at}`);
    await limitedPerson(boss, "eve", "viewer", tags);
    const facts = { os: "", arch: "", agentVersion: "", online: false, checks: {}, ops: [] };
    const hosts = Array.from({ length: 9_000 }, (_, at) => `ip-10-0-0-${at}.eu-central-1.compute.internal`);
    for (let from = 0; from < hosts.length; from += 1_000)
      await large.parts.transactions.transact((work) => {
        const enrolledAt = work.at.iso;
        for (const id of hosts.slice(from, from + 1_000))
          work.change("host_added", id, { id, hostname: id, tags, ...facts, enrolledAt });
      });
    const told = { rule: "lost", kind: "host_offline", severity: "warn", title: "lost", message: "lost" } as const;
    const fire = (id: string, about: readonly string[]) =>
      large.parts.transactions.transact((work) => {
        const subjects = Object.fromEntries(about.map((host) => [host, work.at.iso]));
        const fired = { ...told, id, status: "firing", firedAt: work.at.iso, subjects, count: about.length } as const;
        work.change("alert_fired", "", fired);
      });
    await fire("all", hosts);
    await fire("many", hosts.slice(0, 3_000));
    await fire("few", hosts.slice(0, 10));

    const { alerts, shares } = large.manager.state;
    const sharesOfAlert = (id: string) => [...shares.values()].filter(({ alert }) => alert?.id === id).length;
    expect(alerts.size).toBe(3);
    expect([sharesOfAlert("all"), sharesOfAlert("few")]).toEqual([0, tags.length]);
    expect(sharesOfAlert("many")).toBeGreaterThan(0);
    expect(sharesOfAlert("many")).toBeLessThan(tags.length);
  });
});
