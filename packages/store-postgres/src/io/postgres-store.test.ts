import type { Retention } from "@neverstale/server/store";
import { describeSharedStore, describeStore, type StoreHarness } from "@neverstale/server/store/contract-suite";
import * as vitest from "vitest";
import { afterAll, beforeAll } from "vitest";
import { postgresStore } from "./create.ts";
import { type LossyProxy, startProxy } from "./lossy-proxy-suite.ts";
import { startTestServer, type TestServer } from "./test-server-suite.ts";

let server: TestServer;
let proxy: LossyProxy;
let schemas = 0;

beforeAll(async () => {
  server = await startTestServer({ autovacuum: "off" });
  proxy = await startProxy(server.port);
});

afterAll(async () => {
  await proxy?.end();
  await server?.end();
});

/** Each harness has a schema of its own. */
function harness(retention: Partial<Retention> = {}): StoreHarness {
  schemas += 1;
  const schema = `test_${schemas}`;
  const url = server.url({ port: proxy.port });
  return {
    store: () => postgresStore(url, { schema, retention }),
    backupPath: () => "nowhere",
    restored: () => postgresStore(url, { schema, retention }),
    end: async () => {}, // The schema goes with the server.
  };
}

describeStore(vitest, "postgres", async (retention) => harness(retention));

describeSharedStore(vitest, "postgres", async (retention) => ({
  ...harness(retention),
  loseNextAnswer: (isStored) => proxy.breakAt('"chain" (', isStored),
}));
