import { type Change, collection, defineModel, patch, put } from "@neverstale/protocol";
import { expect, test } from "vitest";
import { VirtualRuntime } from "../../runtime/virtual-runtime-suite.ts";
import { type CommitGroup, type Store, StoreFailure } from "../../store/contract.ts";
import { memoryStore } from "../../store/memory.ts";
import type { MemoryData } from "../../store/memory-database.ts";
import { StateManager } from "../state-manager.ts";

function modelKeeping(newest: number) {
  return defineModel({
    model: 1,
    collections: { events: collection(null, { keep: { newest } }) },
    changes: { event: put("events"), event_updated: patch("events") },
  });
}

const event = (n: number): Change => ({ type: "event", target: "", data: { id: `e${n}` } });
const events = (count: number) => Array.from({ length: count }, (_, n) => event(n));

/** Opened with the records of a release that kept more, in the main space and in another; with the groups it commits. */
async function openedAfter(records: number, newest: number, store: (data: MemoryData) => Store = withoutFaults) {
  const runtime = new VirtualRuntime();
  const before = memoryStore();
  const released = modelKeeping(1_000_000);
  const manager = await StateManager.openWith(
    { model: released, spaces: { "out/": released }, store: before },
    runtime,
  );
  const done = manager.transact((_, transaction) => {
    transaction.add("out/1", events(records));
    return events(records);
  });
  await runtime.pass(1);
  await done;
  await manager.close();

  const model = modelKeeping(newest);
  const limits = { transactionChanges: 4 };
  const opening = StateManager.openWith(
    { model, spaces: { "out/": model }, store: store(before.dump()), limits },
    runtime,
  );
  return { runtime, opening };
}

const groups: CommitGroup[] = [];

function withoutFaults(data: MemoryData): Store {
  return writing(data, () => {});
}

function writing(data: MemoryData, before: (group: CommitGroup) => void): Store {
  groups.length = 0;
  const store = memoryStore({ data });
  const { commit } = store;
  store.commit = (group) => {
    before(group);
    groups.push(group);
    commit.call(store, group);
  };
  return store;
}

test("[E6] a keep that was lowered is brought about at open, in transactions of bounded size, in all spaces", async () => {
  const { runtime, opening } = await openedAfter(11, 2);

  const manager = await opening;
  const done = manager.apply(event(11));
  await runtime.pass(1);
  await done;

  expect([...manager.state.events.keys()]).toEqual(["e10", "e11"]);
  expect([...(manager.space("out/1")?.state.events?.keys() ?? [])]).toEqual(["e9", "e10"]);
  expect(
    groups.map(({ spaces }) => spaces.map(({ firstVersion, lastVersion }) => lastVersion - firstVersion + 1)),
  ).toEqual([[4], [4], [1], [4], [4], [1], [2]]);
  const logged = await manager.log({ space: "out/1", afterVersion: 11, limit: 99 });
  expect(logged.map(({ change }) => change.data.id)).toEqual(["e0", "e1", "e2", "e3", "e4", "e5", "e6", "e7", "e8"]);
  const history = await manager.history({ space: "out/1", limit: 99 });
  expect(history.map(({ id, version }) => [id, version])).toEqual(
    logged.map(({ change, version }) => [change.data.id, version]),
  );
  expect(manager.space("out/1")?.lastVersion(manager.epoch)).toBe(20);
});

test("[E6] a disk that is full while a keep is brought about refuses the start; the next one goes on from there", async () => {
  let room = 2;
  let left: MemoryData | null = null;
  const { runtime, opening } = await openedAfter(11, 2, (data) => {
    const store = writing(data, () => {
      if (room === 0) {
        left = (store as ReturnType<typeof memoryStore>).dump();
        throw new StoreFailure("nothing_moved", "the disk is full");
      }
      room -= 1;
    });
    return store;
  });
  await expect(opening).rejects.toMatchObject({ code: "store_unavailable", hint: expect.stringContaining("disk") });
  const model = modelKeeping(2);

  const store = memoryStore({ data: left as unknown as MemoryData });
  const manager = await StateManager.openWith({ model, spaces: { "out/": model }, store }, runtime);

  expect([manager.version, manager.state.events.size, manager.space("out/1")?.records]).toEqual([20, 2, 2]);
  expect(await manager.history({ space: "main", limit: 99 })).toHaveLength(9);
});
