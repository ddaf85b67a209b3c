import { type Change, collection, defineModel, put } from "@neverstale/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { StateManager } from "../authority/state-manager.ts";
import { VirtualRuntime } from "../runtime/virtual-runtime-suite.ts";
import { StoreFailure } from "../store/contract.ts";
import { memoryStore } from "../store/memory.ts";
import { levelOf } from "./tombstone-bound.ts";

const model = defineModel({
  model: 1,
  collections: { lines: collection(null, { keep: { newest: 3 } }) },
  changes: { line: put("lines") },
});

const lines = (count: number, from = 0): Change[] =>
  Array.from({ length: count }, (_, n) => ({ type: "line", target: "", data: { id: `${from + n}` } }));

test("[B54] tombstones are bounded over all spaces together: those with few keep them, in memory and in the store", async () => {
  const runtime = new VirtualRuntime();
  const store = memoryStore();
  const options = { model, spaces: { "out/": model }, limits: { tombstonesInAll: 16 } };
  const manager = await StateManager.openWith({ ...options, store }, runtime);
  const write = async (space: string, changes: readonly Change[]) => {
    const done = manager.transact((_, transaction) => {
      transaction.add(space, changes);
      return [];
    });
    await runtime.pass(1);
    await done;
  };

  await write("out/few", lines(5));
  for (const space of ["out/1", "out/2", "out/3"]) await write(space, lines(60));
  await runtime.pass(1_500);

  const counts = manager.spaces().map((name) => manager.space(name)?.tombstones ?? 0);
  expect(manager.metrics().tombstones).toBe(14);
  expect(counts).toEqual([0, 2, 4, 4, 4]);
  expect(manager.space("out/few")?.canDiffFrom(1)).toBe(true);
  expect([100, 112, 113].map((from) => manager.space("out/1")?.canDiffFrom(from))).toEqual([false, false, true]);
  const stored = store.dump();
  expect(stored.spaces.map(({ tombstones }) => tombstones.length)).toEqual(counts);

  const smaller = { ...options, limits: { tombstonesInAll: 8 }, store: memoryStore({ data: stored }) };
  const again = await StateManager.openWith(smaller, runtime);
  expect(again.metrics().tombstones).toBe(4);
});

test("[B20] a space remembers so many removed records, the newest: older positions get a full state", async () => {
  const runtime = new VirtualRuntime();
  const manager = await StateManager.openWith({ model, store: memoryStore(), limits: { tombstones: 2 } }, runtime);

  for (let n = 0; n < 6; n += 1) {
    const done = manager.apply(lines(1, n)[0] as Change);
    await runtime.pass(1);
    await done;
  }

  const main = manager.space("main");
  expect([main?.tombstones, manager.version]).toEqual([2, 9]);
  expect([4, 5, 6].map((from) => main?.canDiffFrom(from))).toEqual([false, true, true]);
});

test("[P4] spaces that end take their tombstones with them: they make no room scarce for others", async () => {
  const runtime = new VirtualRuntime();
  const options = { model, spaces: { "out/": model }, limits: { tombstonesInAll: 16 } };
  const manager = await StateManager.openWith({ ...options, store: memoryStore() }, runtime);

  for (let n = 0; n < 10; n += 1) {
    const made = manager.transact((_, transaction) => {
      transaction.add("out/1", lines(10));
      return lines(1, n);
    });
    await runtime.pass(1);
    await made;
    const ended = manager.transact((_, transaction) => {
      transaction.removeSpace("out/1", { archive: false });
      return [];
    });
    await runtime.pass(1);
    await ended;
  }

  expect(manager.metrics().tombstones).toBe(7);
  expect(manager.space("main")?.canDiffFrom(1)).toBe(true);
});

test("the level cuts off no more than it has to", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(30)), fc.nat(200), (counts, sum) => {
      const cutAt = (level: number) => counts.reduce((total, count) => total + Math.min(count, level), 0);

      const level = levelOf(counts, sum);

      expect(cutAt(level)).toBeLessThanOrEqual(sum);
      if (level !== Number.POSITIVE_INFINITY) expect(cutAt(level + 1)).toBeGreaterThan(sum);
    }),
  );
});

test("[B58] while folds fail, removals whose tombstones are gone are counted; one that succeeds lets go of them, and none comes back", async () => {
  const runtime = new VirtualRuntime();
  const store = memoryStore();
  const fold = store.fold.bind(store);
  let isFull = false;
  store.fold = async (rows) => {
    if (isFull) throw new StoreFailure("nothing_moved", "disk full");
    return fold(rows);
  };
  const options = { model, limits: { tombstones: 2 } };
  const manager = await StateManager.openWith({ ...options, store }, runtime);
  const write = async (from: number) => {
    const done = manager.transact(() => lines(3, from));
    await runtime.pass(1_500);
    await done;
  };
  await write(0);
  isFull = true;

  for (let n = 1; n < 5; n += 1) await write(10 * n);
  const whileFull = manager.metrics();
  isFull = false;
  await runtime.pass(1_500);
  const after = manager.metrics();
  const restarted = await StateManager.openWith({ ...options, store: memoryStore({ data: store.dump() }) }, runtime);

  expect(whileFull).toMatchObject({ tombstones: 2, unfolded_removals: 10 });
  expect(whileFull.folds_failed_total).toBeGreaterThan(0);
  expect(after).toMatchObject({ tombstones: 2, unfolded_removals: 0 });
  expect([...restarted.state.lines.keys()]).toEqual(["40", "41", "42"]);
  expect(
    store
      .dump()
      .spaces[0]?.records.map(({ id }) => id)
      .sort(),
  ).toEqual(["40", "41", "42"]);
});
