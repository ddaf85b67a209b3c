import { defineModel } from "@neverstale/protocol";
import { expect, test } from "vitest";
import { StateManager } from "../authority/state-manager.ts";
import { VirtualRuntime } from "../runtime/virtual-runtime-suite.ts";
import { memoryStore } from "../store/memory.ts";
import { beaconInterval } from "./beacon-interval.ts";
import { SyncHub } from "./sync-hub.ts";

test.each([0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31])(
  "a beacon interval of %s is refused, whose beacons would come at every turn or be refused by replicas",
  (ms) => {
    expect(() => beaconInterval(ms)).toThrow("from 1 to 86400000");
  },
);

test("a hub asks for one that can be waited for", async () => {
  const model = defineModel({ model: 1, collections: {}, changes: {} });
  const runtime = new VirtualRuntime();
  const manager = await StateManager.openWith({ model, store: memoryStore() }, runtime);

  const open = () => new SyncHub(manager, { frames: runtime.frames, beaconMs: 1_000 * 3_600_000 });

  expect(open).toThrow("beaconMs is 3600000000");
  await manager.close();
});
