import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { delimiter, join } from "node:path";
import type { Retention } from "@neverstale/server/store";
import { describeSharedStore, describeStore, type StoreHarness } from "@neverstale/server/store/contract-suite";
import * as vitest from "vitest";
import { afterAll, beforeAll, expect, test } from "vitest";
import { postgresStore } from "./create.ts";
import { type LossyProxy, startProxy } from "./lossy-proxy-suite.ts";
import { asOwner, freePort, startTestServer, type TestServer } from "./test-server-suite.ts";

let server: TestServer;
let pooler: Pooler;
let proxy: LossyProxy;
let schemas = 0;

beforeAll(async () => {
  server = await startTestServer({ autovacuum: "off" });
  pooler = await startPooler(server);
  proxy = await startProxy(pooler.port);
});

afterAll(async () => {
  await proxy?.end();
  await pooler?.end();
  await server?.end();
});

function harness(retention: Partial<Retention> = {}): StoreHarness {
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

interface Pooler {
  readonly port: number;
  end(): Promise<void>;
}

const SESSIONS = 3;

/** A session is given to each transaction anew. */
async function startPooler({ folder, port: target }: TestServer): Promise<Pooler> {
  const port = await freePort();
  const settings = join(folder, "pooler.ini");
  writeFileSync(
    settings,
    `[databases]
postgres = host=127.0.0.1 port=${target} dbname=postgres user=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = ${SESSIONS}
max_client_conn = 200
server_reset_query =
`,
  );
  const running = spawn(program(), [settings], { ...asOwner(), cwd: folder, stdio: "ignore" });
  const ended = new Promise<void>((resolve) => running.once("exit", () => resolve()));
  await untilItListens(running, port);
  return {
    port,
    end: async () => {
      running.kill("SIGTERM");
      await ended;
    },
  };
}

function program(): string {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/usr/local/sbin"];
  const found = folders.map((folder) => join(folder, "pgbouncer")).find((path) => existsSync(path));
  if (found === undefined) throw new Error("this proof needs pgbouncer: `sudo apt-get install pgbouncer`");
  return found;
}

async function untilItListens(running: ChildProcess, port: number): Promise<void> {
  for (;;) {
    if (running.exitCode !== null) throw new Error(`pgbouncer ended with ${running.exitCode}`);
    const isThere = await new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1");
      socket.once("connect", () => resolve(true));
      socket.once("error", () => resolve(false));
      socket.once("close", () => resolve(false));
      socket.once("connect", () => socket.destroy());
    });
    if (isThere) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
