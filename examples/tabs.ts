import { once } from "node:events";
import { createServer } from "node:http";
import { StateSync } from "@neverstale/client";
import { kept } from "@neverstale/client/kept";
import { tabs } from "@neverstale/client/tabs";
import { collection, defineModel, put, type StateOf } from "@neverstale/protocol";
import { memoryStore, StateManager, serveSync } from "@neverstale/server";

const board = defineModel({
  model: 1,
  collections: { cards: collection<{ id: string; title: string }>() },
  changes: { card_added: put("cards") },
});

// #region page
// Each tab of a page does this. One of them has the connection, and what it shows is kept for the next reload.
function follow(url: string, user: string) {
  return new StateSync<StateOf<typeof board>>({ url, user, model: 1, tabs: tabs(), kept: kept() });
}
// #endregion page

const manager = await StateManager.open({ model: board, store: memoryStore() });
const server = createServer().listen(0, "127.0.0.1");
await once(server, "listening");
const endpoint = serveSync(server, { manager });
const { port } = server.address() as { port: number };
const until = (isTrue: () => boolean) =>
  new Promise<void>((resolve) => {
    const timer = setInterval(() => isTrue() && resolve(clearInterval(timer)), 5);
  });

// Node has the locks and channels of a browser, so two replicas in one process share a connection as two tabs do.
const url = `ws://127.0.0.1:${port}/sync`;
const [first, second] = [follow(url, "ann"), follow(url, "ann")];
await until(() => first.status.type === "live" && second.status.type === "live");
console.log("2 tabs,", endpoint.connectionCount, "connection");

// #region leave
// The tab that leads is closed: the other one takes over, and gets what it has missed, not the whole state.
first.stop();
await manager.apply({ type: "card_added", target: "c1", data: { title: "Buy milk" } });
await until(() => second.state.cards.size === 1 && endpoint.connectionCount === 1);
console.log(endpoint.metrics.fullStates.first, "full state,", endpoint.connectionCount, "connection");
// #endregion leave

await manager.close();
process.exit();
