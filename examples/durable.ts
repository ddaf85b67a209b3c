import { collection, defineModel, put } from "@neverstale/protocol";
import { StateManager } from "@neverstale/server";
import { restoreBackup, sqliteStore } from "@neverstale/store-sqlite";

const path = process.argv[2] ?? "data/starts.db";
const model = defineModel({ model: 1, collections: { starts: collection() }, changes: { started: put("starts") } });

const manager = await StateManager.open({ model, store: sqliteStore(path) });
const { version } = await manager.apply({ type: "started", target: manager.epoch, data: {} });
console.log(version, "on disk"); // It is there after a `kill -9` at this moment, and when the power fails.
await manager.backup(`${path}.backup-${version}`); // Others go on meanwhile.
await manager.close();

const { replaced } = restoreBackup(`${path}.backup-${version}`, path); // What was there is kept under another name.
console.log("restored;", replaced === null ? "nothing was there" : "the file of before is kept");
