import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { collection, defineModel, put } from "@neverstale/protocol";
import { httpNodes, memoryDatabase, memoryStore, StateManager, serveSync } from "@neverstale/server";

const model = defineModel({
  model: 1,
  collections: { hosts: collection(null) },
  changes: { host_added: put("hosts") },
});
const database = memoryDatabase(); // Processes share a database instead: `postgresStore(url)` of @neverstale/store-postgres.

async function startNode() {
  const nodes = httpNodes();
  const http = createServer(async (request, response) => {
    if (await nodes.forward(request, response)) return; // The writer has answered.
    const { version } = await manager.apply({ type: "host_added", target: "web-1", data: {} });
    response.end(`version ${version}`);
  });
  nodes.serve(http);
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const address = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  const store = memoryStore({ database });
  const manager = await StateManager.open({ model, store, node: { address, link: nodes.link } });
  serveSync(http, { manager });
  return { address, manager, http };
}

const [one, two] = [await startNode(), await startNode()];

// Any node takes the request, and the writer carries it out.
const answer = await fetch(`${two.address}/hosts`, { method: "POST" });
console.log(one.manager.node?.role, two.manager.node?.role, await answer.text());

// The one that ends names the other its successor.
await one.manager.close();
console.log(two.manager.node?.role);

await two.manager.close();
for (const { http } of [one, two]) http.close();
