import type { Retention } from "@neverstale/server/store";
import { describeSharedStore, describeStore } from "@neverstale/server/store/contract-suite";
import * as vitest from "vitest";
import { afterAll, beforeAll, expect, test } from "vitest";
import { postgresStore } from "./create.ts";
import { type LossyProxy, startProxy } from "./lossy-proxy-suite.ts";
import { startTestPooler, type TestPooler } from "./test-pooler-suite.ts";
import { startTestServer, type TestServer } from "./test-server-suite.ts";

const SESSIONS = 3;

let server: TestServer;
let pooler: TestPooler;
let proxy: LossyProxy;
let schemas = 0;

beforeAll(async () => {
  server = await startTestServer({ autovacuum: "off" });
  pooler = await startTestPooler(server, SESSIONS);
  proxy = await startProxy(pooler.port);
});

afterAll(async () => {
  await proxy?.end();
  await pooler?.stop();
  await server?.end();
});

function harness(retention: Partial<Retention> = {}) {
  schemas += 1;
  const schema = `pooled_${schemas}`;
  const store = () => postgresStore(server.url({ port: proxy.port }), { schema, retention });
  return { store, backupPath: () => "nowhere", restored: store, end: async () => {} };
}

describeStore(vitest, "postgres behind a pooler", async (retention) => harness(retention));

describeSharedStore(vitest, "postgres behind a pooler", async (retention) => ({
  ...harness(retention),
  loseNextAnswer: (isStored) => proxy.breakAt('"chain" (', isStored),
}));

test("more stores than there are sessions take their turns on them", async () => {
  const stores = Array.from({ length: 8 }, () => postgresStore(server.url({ port: pooler.port }), { schema: "crowd" }));

  for (let round = 0; round < 5; round += 1) await Promise.all(stores.map((store) => store.read()));

  const sessions = await server.sql(
    "SELECT count(*)::integer AS count FROM pg_stat_activity WHERE backend_type = 'client backend'",
  );
  expect(sessions[0]?.count).toBeLessThanOrEqual(SESSIONS + 1); // The one that asks is among them.
  await Promise.all(stores.map((store) => store.close()));
});
