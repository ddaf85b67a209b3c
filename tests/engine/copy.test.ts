import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nodeEnvironment, StateSync } from "@neverstale/client";
import { collection, defineModel, put, remove } from "@neverstale/protocol";
import { StateManager, serveSync } from "@neverstale/server";
import { copyStore, type Store } from "@neverstale/server/store";
import { postgresCopy, postgresStore } from "@neverstale/store-postgres";
import { startTestServer, type TestServer } from "@neverstale/store-postgres/test-server";
import { sqliteCopy, sqliteStore } from "@neverstale/store-sqlite";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";

const model = defineModel({
  model: 1,
  collections: { hosts: collection(null, { keep: { newest: 3 } }) },
  changes: { host_added: put("hosts"), host_removed: remove("hosts") },
});

let server: TestServer;
let directory: string;
const toClose: (() => unknown)[] = [];

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "neverstale-copy-"));
  server = await startTestServer();
});

afterEach(async () => {
  for (const close of toClose.splice(0).reverse()) await close();
});

afterAll(async () => {
  await server?.end();
  rmSync(directory, { recursive: true });
});

async function serve(store: Store, port = 0) {
  const manager = await StateManager.open({ model, store });
  const http = createServer();
  const endpoint = serveSync(http, { manager, beaconMs: 200 });
  await new Promise<void>((resolve) => http.listen(port, "127.0.0.1", resolve));
  let isStopped = false;
  const stop = async () => {
    if (isStopped) return;
    isStopped = true;
    await endpoint.close();
    await manager.close();
    await new Promise((resolve) => http.close(resolve));
  };
  toClose.push(stop);
  return { manager, endpoint, port: (http.address() as AddressInfo).port, stop };
}

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 20));
}

test("[E2] an open client resumes by a diff after its server moved from SQLite to PostgreSQL and back, and keys and history come along", async () => {
  const add = (id: string) => ({ type: "host_added", target: id, data: { name: `${id} ü` } });
  const [there, back] = [join(directory, "there.db"), join(directory, "back.db")];
  const sqlite = await serve(sqliteStore(there));
  const once = { id: "key-1", bodyHash: "hash" };
  const first = await sqlite.manager.transact(() => [add("a")], { key: once });
  await sqlite.manager.apply(add("b"));
  const client = new StateSync({ url: `ws://127.0.0.1:${sqlite.port}/sync`, io: nodeEnvironment({ WebSocket }) });
  toClose.push(() => client.stop());
  const isLevel = ({ manager }: typeof sqlite) =>
    client.status.type === "live" && client.epoch === manager.epoch && client.version === manager.version;
  await until(() => isLevel(sqlite));
  const fullStates = client.counters.resyncs;

  await sqlite.manager.apply({ type: "host_removed", target: "b", data: {} });
  await until(() => isLevel(sqlite));
  await sqlite.stop();
  await copyStore(sqliteCopy(there), postgresCopy(server.url(), { watchMs: 1 }));
  const postgres = await serve(postgresStore(server.url()), sqlite.port);
  for (const id of ["c", "d", "e", "f"]) await postgres.manager.apply(add(id));
  await until(() => isLevel(postgres));
  const served = [postgres.endpoint.metrics];
  const again = await postgres.manager.transact(() => [add("twice")], { key: once });
  await postgres.stop();
  await copyStore(postgresCopy(server.url(), { watchMs: 1 }), sqliteCopy(back));
  const home = await serve(sqliteStore(back), sqlite.port);
  await home.manager.apply(add("g"));
  await until(() => isLevel(home));
  served.push(home.endpoint.metrics);

  expect([...(client.state.hosts?.keys() ?? [])].sort()).toEqual(["e", "f", "g"]);
  expect(client.digest()).toBe(home.manager.space("main")?.digest());
  expect(client.counters.resyncs).toEqual(fullStates);
  expect(served.map((metrics) => metrics.fullStates)).toEqual([{}, {}]);
  expect(again).toMatchObject({ version: first.version });
  const history = await home.manager.history({ space: "main", limit: 10 });
  expect(history.map((row) => row.id)).toEqual(["a", "c", "d"]);
});
