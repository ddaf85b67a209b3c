import { startTestServer, type TestServer } from "@neverstale/store-postgres/test-server";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Browser, Fleets, onlineHost, signIn } from "../fleet/fleet-suite.ts";
import { setOffline } from "../hosts/decide.ts";
import type { RunningFleet } from "../process/io/start.ts";

const fleets = new Fleets();
let database: TestServer;

beforeAll(async () => {
  database = await startTestServer();
});
afterAll(async () => {
  await fleets.end();
  await database.end();
});

/** No host falls silent, however long the test takes. */
const now = Date.now();

function node(): Promise<RunningFleet> {
  return fleets.start({ store: undefined as never, storeUrl: database.url(), now: () => now, steadyNow: () => 0 });
}

test("a node that decides nothing has the precondition judged by the writer, and the next writer judges it too", {
  timeout: 180_000,
}, async () => {
  const first = await node();
  const second = await node();
  const browser = await signIn(first);
  const host = await onlineHost(browser, "web-1");
  const at = new Browser(second, browser.cookie, browser.csrf);
  await expect.poll(() => second.manager.state.hosts.get(host.id)?.online, { timeout: 60_000 }).toBe(true);
  const { version: ifVersion, epoch: ifEpoch } = second.manager;
  const body = { op: "uptime", hosts: [host.id], ifVersion, ifEpoch };

  const begun = await at.post("/api/dispatch", body, { "idempotency-key": "one" });
  await first.parts.transactions.transact((work) => setOffline(work, [host.id]));
  const again = await at.post("/api/dispatch", body, { "idempotency-key": "one" });
  const refused = await at.post("/api/dispatch", body);

  expect([begun.status, again.status, again.body]).toEqual([202, 202, begun.body]);
  const moved = [{ collection: "hosts", id: host.id, fields: ["online"] }];
  expect([refused.status, refused.body.code, refused.body.moved]).toEqual([409, "precondition_failed", moved]);

  await first.close();
  await expect.poll(() => second.manager.node?.role, { timeout: 60_000 }).toBe("writer");
  const later = await at.post("/api/dispatch", body);
  expect([later.status, later.body.code]).toEqual([409, "precondition_failed"]);
});
