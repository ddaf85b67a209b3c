/**
 * The engine runs as a server that the conformance kit can tell to change:
 * `node --conditions=source tests/conformance/engine-server.ts DATABASE|memory PORT CONTROL_PORT BEACON_MS`.
 * A port of 0 means any free one. The first line that it prints says which ports it has.
 */

import { once } from "node:events";
import { createServer } from "node:http";
import { flushCompileCache } from "node:module";
import type { AddressInfo } from "node:net";
import { type Change, collection, defineModel, patch, put, remove, SyncError } from "@neverstale/protocol";
import { memoryStore, StateManager, serveSync } from "@neverstale/server";
import { sqliteStore } from "@neverstale/store-sqlite";

const [database = "memory", port = "0", controlPort = "0", beaconMs = "30000"] = process.argv.slice(2);

const model = defineModel({
  model: 1,
  collections: { hosts: collection(null) },
  changes: { host_added: put("hosts"), host_updated: patch("hosts"), host_removed: remove("hosts") },
});

const store = database === "memory" ? memoryStore() : sqliteStore(database);
const manager = await StateManager.open({ model, store, onFailure: () => process.exit(70) });
const http = createServer((_, response) => response.writeHead(404).end());
serveSync(http, { manager, beaconMs: Number(beaconMs) });
const control = createServer(async (request, response) => {
  if (request.url === "/takeover") {
    await manager.takeOver();
    response.writeHead(204).end();
    return;
  }
  const changes = JSON.parse((await request.toArray()).join("")) as (Change & { type: "host_added" })[];
  const status = await manager
    .transact(() => changes)
    .then(
      () => 204,
      (error) => (error instanceof SyncError && error.code === "invalid_change" ? 422 : 500),
    );
  response.writeHead(status).end();
});
// A connection that is closed in the moment in which it is used again would be taken for a failure.
control.keepAliveTimeout = 0;
await Promise.all([
  once(http.listen(Number(port), "127.0.0.1"), "listening"),
  once(control.listen(Number(controlPort), "127.0.0.1"), "listening"),
]);
console.log(JSON.stringify([http, control].map((server) => (server.address() as AddressInfo).port)));
flushCompileCache(); // It is killed at its end, and the next one shall start faster.
