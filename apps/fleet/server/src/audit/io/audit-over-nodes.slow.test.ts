import { startTestServer, type TestServer } from "@neverstale/store-postgres/test-server";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Browser, Fleets, onlineHost, signIn } from "../../fleet/fleet-suite.ts";
import { verifyAudit } from "./verify-audit.ts";

const fleets = new Fleets();
let database: TestServer;

beforeAll(async () => {
  database = await startTestServer();
});
afterAll(async () => {
  await fleets.end();
  await database.end();
});

/** One of several nodes, which share the database. */
function node() {
  return fleets.start({ store: undefined as never, storeUrl: database.url() });
}

test("[C44] one chain goes over several nodes, from writer to writer, and is proved in PostgreSQL", async () => {
  const first = await node();
  const second = await node();
  const browser = await signIn(first);
  const there = new Browser(second, browser.cookie, browser.csrf);
  await onlineHost(browser, "web-1");
  const change = (by: Browser, location: string) => by.call("PATCH", "/api/hosts/web-1", { location });
  await Promise.all(["a", "b", "c"].flatMap((each) => [change(browser, each), change(there, `${each}${each}`)]));
  const before = await verifyAudit(database.url());
  await first.close();
  await Promise.all(["d", "e"].map((each) => change(there, each)));
  await second.close();

  const after = await verifyAudit(database.url(), before?.head ?? null);
  expect(before).toMatchObject({ proved: true, break: null });
  expect(after).toMatchObject({ proved: true, break: null, first: { sequence: 1 } });
  expect(after?.events).toBeGreaterThanOrEqual((before?.events ?? 0) + 2);

  // Whether the rows were folded already is a matter of time, so both places are altered.
  for (const [table, column] of [
    ["moves", "changes"],
    ["records", "text"],
  ] as const)
    await database.sql(
      `UPDATE neverstale.${table} SET ${column} = replace(${column}, 'enrolled as web-1', 'enrolled as web-2')`,
    );
  expect(await verifyAudit(database.url())).toMatchObject({ proved: false, break: { what: "altered" } });
});
