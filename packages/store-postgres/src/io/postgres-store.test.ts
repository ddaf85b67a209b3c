import type { Retention } from "@neverstale/server/store";
import { describeSharedStore, describeStore, made, opened } from "@neverstale/server/store/contract-suite";
import * as vitest from "vitest";
import { afterAll, beforeAll, expect, test } from "vitest";
import { namesIn } from "../names.ts";
import { chainPageStatement } from "../statements/chain.ts";
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
function harness(retention: Partial<Retention> = {}) {
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

test("[N9] a confirmation names the server that gave it: the same one each time, and another one after a start", async () => {
  const store = postgresStore(server.url(), { schema: "servers" });
  await store.read();
  const first = await store.confirm();
  expect((await store.confirm()).server).toBe(first.server);

  await server.stop();
  await server.start();

  expect((await store.confirm()).server).not.toBe(first.server);
  await store.close();
});

test("changes are stored as they are, since compressing them takes longer than the rest of a commit", async () => {
  const store = postgresStore(server.url(), { schema: "plain" });
  await opened(store);
  const text = JSON.stringify([{ type: "host_added", target: "a", data: { text: "x".repeat(100_000) } }]);
  await store.commit({
    ...made("main", 1),
    spaces: made("main", 1).spaces.map((space) => ({ ...space, changes: { text } })),
  });

  const [stored] = await server.sql(
    "SELECT pg_column_size(changes) AS bytes FROM plain.moves ORDER BY sequence DESC LIMIT 1",
  );
  expect(stored?.bytes).toBeGreaterThanOrEqual(text.length);
  await store.close();
});

test("[N7] a node lists itself before it reads anything, in a database that has no tables yet", async () => {
  const store = postgresStore(server.url(), { schema: "no_tables_yet" });
  const row = { id: "first", address: "http://127.0.0.1:1", model: 1, token: "t" };

  await store.enterNode(row);
  await store.read();

  expect(await store.listNodes()).toMatchObject([row]);
  await store.close();
});

test("[N3] a page of the chain looks so cheap to the database that it compiles nothing for it, with tables that it knows nothing of", async () => {
  const store = postgresStore(server.url(), { schema: "unknown_yet" });
  await store.read();
  await store.close();
  const { text, values } = chainPageStatement(namesIn("unknown_yet"), { afterSequence: 3, limit: 1_000 });
  const asked = values.reduce<string>((sql, value, index) => sql.replaceAll(`$${index + 1}`, `'${value}'`), text);

  const plan = JSON.stringify(await server.sql(`EXPLAIN ${asked}`));
  const [setting] = await server.sql("SHOW jit_above_cost");
  const cost = Number(/cost=[\d.]+\.\.([\d.]+)/.exec(plan)?.[1]);

  expect(cost).toBeLessThan(Number(setting?.jit_above_cost));
});
