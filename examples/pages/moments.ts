import { StateSync } from "@neverstale/client";
import { collection, defineModel, patch, put, type StateOf } from "@neverstale/protocol";
import { memoryStore, StateManager } from "@neverstale/server";

const model = defineModel({
  model: 1,
  collections: { hosts: collection<{ id: string; status: string }>() },
  changes: { host_added: put("hosts"), host_updated: patch("hosts") },
});

const manager = await StateManager.open({ model, store: memoryStore(), moments: {} });
await manager.apply({ type: "host_added", target: "web-1", data: { status: "up" } });
const { version } = await manager.apply({ type: "host_updated", target: "web-1", data: { status: "down" } });

// #region past
const reach = await manager.reach(); // It says from which version and time to which you may ask, or null.
const past = await manager.stateAt({ version: version - 1 }); // A time will do as well: `{ time: Date.now() - 60_000 }`.
if (past.type !== "state") throw new Error(`the answer is "${past.type}"`);
const collections = Object.fromEntries(past.collections.map(({ name, records }) => [name, records]));
// #endregion past
console.log(reach?.to.version, past.version, collections);

// #region still
const still = new StateSync<StateOf<typeof model>>({
  url: "http://localhost:8080/sync",
  autoStart: false,
  initial: { epoch: past.epoch, space: "main", version: past.version, payload: collections },
});
// #endregion still
console.log(still.state.hosts?.get("web-1"), manager.state.hosts.get("web-1"));

await manager.close();
