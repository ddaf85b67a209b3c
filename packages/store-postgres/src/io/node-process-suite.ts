/** A node as a process of its own: `node --conditions=source node-process-suite.ts URL PORT`. It ends well with SIGTERM. */

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { collection, defineModel, put } from "@neverstale/protocol";
import { httpNodes, StateManager } from "@neverstale/server";
import { postgresStore } from "./create.ts";

const [url = "", port = ""] = process.argv.slice(2);
const model = defineModel({
  model: 1,
  collections: { hosts: collection(null) },
  changes: { host_added: put("hosts") },
});
const nodes = httpNodes();
const http = createServer((request, response) => void handle(request, response));
nodes.serve(http);
http.listen(Number(port), "127.0.0.1");
const node = { address: `http://127.0.0.1:${port}`, link: nodes.link };
const manager = await StateManager.open({ model, store: postgresStore(url), node });
console.log("open");

process.once("SIGTERM", async () => {
  await manager.close();
  process.exit(0);
});

/** `GET /` tells what this node knows, and `POST /<id>` adds a host at the writer. */
async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.method === "GET") {
    const hosts = [...manager.state.hosts.keys()].sort();
    response.end(JSON.stringify({ role: manager.node?.role, hosts, metrics: manager.metrics() }));
    return;
  }
  if (await nodes.forward(request, response)) return;
  const id = String(request.headers["idempotency-key"]);
  const target = (request.url ?? "").slice(1);
  const applied = await manager
    .apply({ type: "host_added", target, data: {} }, { key: { id, bodyHash: target } })
    .catch(() => null);
  response.statusCode = applied === null ? 503 : 200;
  response.end();
}
