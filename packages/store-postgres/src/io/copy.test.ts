import { describeCopies } from "@neverstale/server/store/contract-suite";
import * as vitest from "vitest";
import { afterAll, beforeAll } from "vitest";
import { postgresCopy } from "./copy.ts";
import { postgresStore } from "./create.ts";
import { startTestServer, type TestServer } from "./test-server-suite.ts";

let server: TestServer;
let schemas = 0;

beforeAll(async () => {
  server = await startTestServer({ autovacuum: "off" });
});

afterAll(async () => {
  await server?.end();
});

/** Each has a schema of its own, which goes with the server. */
function newSchema(): string {
  schemas += 1;
  return `copy_${schemas}`;
}

describeCopies(vitest, "postgres", async () => {
  const schema = newSchema();
  return {
    store: (retention = {}) => postgresStore(server.url(), { schema, retention }),
    copyable: () => postgresCopy(server.url(), { schema, watchMs: 1 }),
    end: async () => {},
  };
});
