import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { startTestServer, type TestServer } from "@neverstale/store-postgres/test-server";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Browser, Fleets, HostAgent, onlineHost, signIn } from "../fleet/fleet-suite.ts";
import type { RunningFleet } from "../process/io/start.ts";

const MINUTE_MS = 60_000;
const fleets = new Fleets();
let database: TestServer;
/** The test moves it, so that it does not matter how long anything takes. */
let clockMs = Date.now();

beforeAll(async () => {
  database = await startTestServer();
});
afterAll(async () => {
  await fleets.end();
  await database.end();
});

/** One of several nodes, which share the database and the clock. */
function node(): Promise<RunningFleet> {
  const dataDir = fleets.directory();
  writeFileSync(join(dataDir, "fleet.yaml"), 'schedules:\n  each: { cron: "* * * * *", op: uptime, all: true }\n', {
    mode: 0o600,
  });
  const clocks = { now: () => clockMs, steadyNow: () => 0 }; // No host falls silent.
  return fleets.start({ store: undefined as never, storeUrl: database.url(), dataDir, ...clocks });
}

/** The clock goes on to the next full minute, and what is due then is decided. It returns that minute. */
async function nextMinute(at: RunningFleet): Promise<string> {
  clockMs = (Math.floor(clockMs / MINUTE_MS) + 1) * MINUTE_MS;
  const due = new Date(clockMs).toISOString();
  await expect.poll(() => at.manager.state.schedules.get("each")?.lastDueAt, { timeout: 60_000 }).toBe(due);
  return due;
}

test("[T7] of several nodes the one that decides starts what is due, once, and the next one goes on where it takes over", {
  timeout: 180_000,
}, async () => {
  const first = await node();
  const second = await node();
  const browser = await signIn(first);
  const host = await onlineHost(browser, "web-1");
  await expect.poll(() => first.manager.state.schedules.has("each"), { timeout: 60_000 }).toBe(true);
  const there = new HostAgent(second.address, host.id, host.credential, "run-2");
  const run = async (by: HostAgent, at: RunningFleet) => {
    for (const { id, status } of at.manager.state.commands.values()) if (status === "pending") await by.run(id);
  };

  const dues = [await nextMinute(first)];
  await run(host, first);
  dues.push(await nextMinute(second));
  await run(there, second);
  await first.close();
  dues.push(await nextMinute(second));
  await run(there, second);

  const log = await new Browser(second, browser.cookie, browser.csrf).get("/api/event-log?limit=1000");
  const events = log.body.events as unknown as { action: string; details?: { dueAt?: string } }[];
  const decided = events.filter(({ action }) => /^schedule_(started|missed|refused|failed)$/.test(action));
  expect(decided.map(({ action, details }) => `${action} ${details?.dueAt}`).sort()).toEqual(
    dues.map((due) => `schedule_started ${due}`),
  );
  expect([...second.manager.state.commands.values()].map(({ status }) => status)).toEqual(dues.map(() => "succeeded"));
});
