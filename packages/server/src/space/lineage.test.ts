import { collection, defineModel, put } from "@neverstale/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { StateManager } from "../authority/state-manager.ts";
import { VirtualRuntime } from "../runtime/virtual-runtime-suite.ts";
import type { LineageRow } from "../store/contract.ts";
import { memoryStore } from "../store/memory.ts";
import { Epochs, SpaceLineage } from "./lineage.ts";

/** Of each epoch, how many changes it made. */
const runs = fc.array(fc.nat(3), { minLength: 1, maxLength: 40 });

test("[E2] each epoch's run ends before the next row, or at the head, however many starts there were", () => {
  fc.assert(
    fc.property(runs, (counts) => {
      const epochs = counts.map((_, n) => `e${n}`);
      const rows: LineageRow[] = [];
      const ends: number[] = [];
      let head = 0;
      for (const [n, count] of counts.entries()) {
        if (count > 0) rows.push({ epoch: `e${n}`, firstVersion: head + 1 });
        head += count;
        ends.push(head);
      }
      const lineage = new SpaceLineage(new Epochs(epochs, 40), rows);

      expect(epochs.map((epoch) => lineage.lastVersion(epoch, head))).toEqual(ends);
      expect(lineage.lastVersion("unknown", head)).toBeNull();
      expect(lineage.begun).toBe(counts.at(-1) !== 0);
    }),
  );
});

test("[B55] positions of starts that were too long ago are of no known epoch; the others are resumed as before", async () => {
  const runtime = new VirtualRuntime();
  const model = defineModel({
    model: 1,
    collections: { hosts: collection(null) },
    changes: { host_added: put("hosts") },
  });
  let store = memoryStore();
  const starts: string[] = [];
  const start = async (limits = {}) => {
    const manager = await StateManager.openWith({ model, store, limits }, runtime);
    starts.push(manager.epoch);
    const done = manager.apply({ type: "host_added", target: manager.epoch, data: {} });
    await runtime.pass(1);
    await done;
    store = memoryStore({ data: store.dump() });
    return manager;
  };

  for (let n = 0; n < 5; n += 1) await start();
  const manager = await start({ epochs: 3 });
  const main = manager.space("main");

  expect(starts.map((epoch) => main?.lastVersion(epoch))).toEqual([null, null, null, 4, 5, 6]);
  expect(main?.lineage()).toEqual([4, 5, 6].map((last) => [starts[last - 1], last]));
});

test("[B55] [E2] the epochs of one process are bounded too: the oldest are forgotten, and the others keep their runs", () => {
  fc.assert(
    fc.property(runs, fc.integer({ min: 1, max: 20 }), (counts, most) => {
      const epochs = new Epochs([], most);
      const lineage = new SpaceLineage(epochs, []);
      const ends: number[] = [];
      let head = 0;
      for (const [n, count] of counts.entries()) {
        epochs.begin(`e${n}`);
        expect(lineage.begun).toBe(false);
        if (count > 0) lineage.add({ epoch: `e${n}`, firstVersion: head + 1 });
        head += count;
        ends.push(head);
      }

      const known = ends.map((end, n) => (n < counts.length - most ? null : end));
      expect(counts.map((_, n) => lineage.lastVersion(`e${n}`, head))).toEqual(known);
      expect(epochs.size).toBe(Math.min(most, counts.length));
      expect(lineage.toWire(head)).toHaveLength(Math.min(16, most, counts.length));
    }),
  );
});
