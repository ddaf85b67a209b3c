import { once } from "node:events";
import { createServer } from "node:http";
import { StateSync } from "@neverstale/client";
import { collection, defineModel, patch, put, type StateOf } from "@neverstale/protocol";
import { memoryStore, StateManager, serveSync } from "@neverstale/server";

type Host = { id: string; status: string };
const model = defineModel({
  model: 1,
  collections: { hosts: collection<Host>() },
  changes: { host_added: put("hosts"), host_updated: patch("hosts") },
});

// The authority gives changes one order. It is durable with `sqliteStore("data/fleet.db")` of `@neverstale/store-sqlite`.
const manager = await StateManager.open({ model, store: memoryStore() });
const server = createServer().listen(0);
await once(server, "listening");
serveSync(server, { manager });

// A replica runs here or in a browser. It heals after every cut, and knows how fresh it is.
const { port } = server.address() as { port: number };
const sync = new StateSync<StateOf<typeof model>>({ url: `ws://127.0.0.1:${port}/sync` });
sync.subscribe(() => console.log(sync.status.type, sync.version, ...sync.state.hosts.values()));

await manager.apply({ type: "host_added", target: "web-1", data: { status: "starting" } });
const { epoch, version } = await manager.apply({ type: "host_updated", target: "web-1", data: { status: "up" } });
await sync.reached({ epoch, version }); // Now every reader of `sync.state` sees "up".

await manager.close();
process.exit();
