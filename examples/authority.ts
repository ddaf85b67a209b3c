import { collection, defineModel, patch, put } from "@neverstale/protocol";
import { memoryStore, StateManager } from "@neverstale/server";

const model = defineModel({
  model: 1,
  collections: { hosts: collection<{ id: string; load: number }>() },
  changes: { host_added: put("hosts"), host_loaded: patch("hosts") },
});
const manager = await StateManager.open({ model, store: memoryStore() });

// Callers decide one after the other, each on the state that the one before has left.
const more = () =>
  manager.transact(({ hosts }) => {
    const load = (hosts.get("web-1")?.load ?? 0) + 1;
    return [{ type: load === 1 ? "host_added" : "host_loaded", target: "web-1", data: { load } }];
  });
await Promise.all([more(), more(), more()]);

console.log(manager.version, manager.state.hosts.get("web-1"));
await manager.close();
