import { memoryStore } from "@neverstale/server";
import { afterAll, beforeAll, expect, test } from "vitest";
import { limitedPerson, tagHost } from "../accounts/grants-suite.ts";
import { type Browser, Fleets, type HostAgent, hostMaker, signIn } from "../fleet/fleet-suite.ts";
import { round } from "../process/io/rounds.ts";
import type { RunningFleet } from "../process/io/start.ts";

const fleets = new Fleets();
let now = Date.parse("2030-01-01T12:00:00Z");
let fleet: RunningFleet;
let browser: Browser;

beforeAll(async () => {
  fleet = await fleets.start({ store: memoryStore(), now: () => now, steadyNow: () => now });
  browser = await signIn(fleet);
});
afterAll(() => fleets.end());

const newHost = hostMaker(() => browser);
const checksOf = ({ id }: HostAgent) => fleet.manager.state.hosts.get(id)?.checks ?? {};
const iso = (ms: number) => new Date(ms).toISOString();
const events = (action: string) => [...fleet.manager.state.events.values()].filter((event) => event.action === action);

test("checks stand at the host with their reason and the time of their look, and those that are told no more go", async () => {
  const host = await newHost();

  await host.checks({
    web: { status: "error", message: "refused\u202e", checkedAt: iso(now - 5_000) },
    disk: { status: "ok", checkedAt: iso(now) },
  });
  expect(checksOf(host)).toEqual({
    web: { status: "error", message: "refused\ufffd", checkedAt: iso(now - 5_000), everyMs: 60_000 },
    disk: { status: "ok", message: "", checkedAt: iso(now), everyMs: 60_000 },
  });
  expect(events("checks_changed").at(-1)?.message).toMatch(/^checks of host-\d+: web is error: refused/);

  await host.checks({ disk: { status: "ok", checkedAt: iso(now) } });
  expect(Object.keys(checksOf(host))).toEqual(["disk"]);
});

test("a hello tells of the agent's own checks alone, and leaves the repeated ones as they are", async () => {
  const host = await newHost();
  await host.checks({ web: { status: "ok", checkedAt: iso(now) } });
  const own = { status: "ok", message: "agent.yaml", checkedAt: iso(now) } as const;
  const facts = { hostname: host.id, os: "Linux", arch: "x64", agentVersion: "1.0.0", ops: [] };

  await host.report({ type: "hello", ...facts, checks: { "agent-file": own } });
  expect(Object.keys(checksOf(host)).sort()).toEqual(["agent-file", "web"]);
  await host.checks({ db: { status: "ok", checkedAt: iso(now) } });
  expect(Object.keys(checksOf(host)).sort()).toEqual(["agent-file", "db"]);
  await host.report({ type: "hello", ...facts, checks: {} });
  expect(Object.keys(checksOf(host))).toEqual(["db"]);
});

test("a check that is not told again for three intervals is unknown, and says what it was", async () => {
  const host = await newHost();
  await host.checks({ web: { status: "ok", message: "200", checkedAt: iso(now), everyMs: 10_000 } });

  now += 30_000;
  await host.report({ type: "metrics" });
  await round(fleet.parts, false);
  expect(checksOf(host).web?.status).toBe("ok");
  now += 1;
  await host.report({ type: "metrics" });
  await round(fleet.parts, false);

  expect(checksOf(host).web).toEqual({
    status: "unknown",
    message: "its agent has not told it again in time; it was ok: 200",
    checkedAt: iso(now - 30_001),
    everyMs: 10_000,
  });
  expect(events("checks_unverified").at(-1)).toMatchObject({ host: host.id });
});

test("a look that is told late is as old as it is, and one from the future was made now", async () => {
  const host = await newHost();
  await host.checks({
    late: { status: "ok", checkedAt: iso(now - 1_000_000), everyMs: 10_000 },
    early: { status: "ok", checkedAt: iso(now + 5_000) },
  });
  await round(fleet.parts, false);

  expect(checksOf(host).late?.status).toBe("unknown");
  expect(checksOf(host).early).toMatchObject({ status: "ok", checkedAt: iso(now) });
});

test("when many hosts fall silent their checks are unknown in one event", async () => {
  const hosts = await Promise.all([newHost(), newHost(), newHost()]);
  for (const host of hosts) await host.checks({ web: { status: "ok", checkedAt: iso(now), everyMs: 10_000 } });

  now += 60_000;
  await round(fleet.parts, false);

  expect(hosts.map((host) => checksOf(host).web?.status)).toEqual(["unknown", "unknown", "unknown"]);
  expect(events("checks_unverified").at(-1)?.message).toMatch(/^checks of \d hosts .*host-\d, host-\d, host-\d$/);
});

test("a clock that is set back leaves nothing verified that was told before, until it is told again", async () => {
  const host = await newHost();
  await host.checks({ web: { status: "ok", checkedAt: iso(now) } });
  now -= 3_600_000;
  await round(fleet.parts, false);
  expect(checksOf(host).web?.status).toBe("unknown");

  await host.checks({ web: { status: "ok", checkedAt: iso(now) } });
  expect(checksOf(host).web?.status).toBe("ok");
  now += 3_600_000;
});

test("[B43] checks that are too large for the host's record are left as they were, with an event", async () => {
  const small = await fleets.start({ store: memoryStore(), hostLimits: { recordBytes: 4_096 } });
  const host = await hostMakerOf(small);
  await host.checks({ web: { status: "ok" } });
  const long = Object.fromEntries(
    Array.from({ length: 20 }, (_, index) => [`c${index}`, { status: "ok", message: "x".repeat(500) }] as const),
  );

  const answer = await host.checks(long);

  expect(answer.status).toBe(200);
  expect(Object.keys(small.manager.state.hosts.get(host.id)?.checks ?? {})).toEqual(["web"]);
  const actions = [...small.manager.state.events.values()].map(({ action }) => action);
  expect(actions).toContain("checks_too_large");
});

async function hostMakerOf(running: RunningFleet): Promise<HostAgent> {
  const owner = await signIn(running);
  return await hostMaker(() => owner)();
}

test("who is limited is told of the own hosts alone, when the checks of several are unknown at once", async () => {
  const ann = await limitedPerson(browser, "ann", "viewer", ["team:web"]);
  const [own, other, foreign] = await Promise.all([newHost(), newHost(), newHost()]);
  for (const host of [own, other]) await tagHost(browser, host.id, ["team:web"]);
  for (const host of [own, other, foreign])
    await host.checks({ web: { status: "ok", checkedAt: iso(now), everyMs: 10_000 } });
  now += 60_000;
  await round(fleet.parts, false);
  const log = await ann.get("/api/event-log?action=checks_unverified");

  expect(log.text).toContain("checks of 2 hosts were not told again in time");
  expect([own, other, foreign].map(({ id }) => log.text.includes(`${id}`))).toEqual([true, true, false]);
});
