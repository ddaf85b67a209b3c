import * as vitest from "vitest";
import { describeStore, fold, group, made, record } from "./contract-suite.ts";
import { type MemoryStore, memoryStore } from "./memory.ts";

const { expect, test } = vitest;

describeStore(vitest, "memory", async (retention = {}) => {
  const store = memoryStore({ retention });
  let backups = 0;
  return {
    store: () => store,
    backupPath: () => {
      backups += 1;
      return `backup-${backups}`;
    },
    restored: (path) => memoryStore({ data: backupOf(store, path) }),
    end: async () => {},
  };
});

test("a dump is the store at one moment, and another store goes on from it", async () => {
  const store = memoryStore();
  await store.open();
  store.commit(made("main", 2));
  await store.fold(fold("main", 2, { records: [record("a", 2)] }));
  const data = store.dump();
  store.commit(group({ name: "main", first: 3 }));

  const other = memoryStore({ data });
  const contents = await other.open();
  other.commit(group({ name: "main", first: 3, count: 2 }));

  expect(contents.spaces).toMatchObject([{ foldedVersion: 2, records: [record("a", 2)], log: [] }]);
  expect(data).toEqual(structuredClone(data));
  expect(await store.readLog({ space: "main", afterVersion: 2, limit: 9 })).toMatchObject([{ lastVersion: 3 }]);
  expect(await other.readLog({ space: "main", afterVersion: 2, limit: 9 })).toMatchObject([{ lastVersion: 4 }]);
});

test("without a log it tells of no changes, and another store goes on from the last fold", async () => {
  const store = memoryStore({ log: false });
  await store.open();
  store.commit(made("main", 2));
  await store.fold(fold("main", 2, { records: [record("a", 2)] }));
  store.commit(group({ name: "main", first: 3 }));

  const contents = await memoryStore({ data: store.dump() }).open();

  expect(await store.readLog({ space: "main", afterVersion: 0, limit: 9 })).toEqual([]);
  expect(contents.spaces).toMatchObject([{ foldedVersion: 2, records: [record("a", 2)], log: [] }]);
  expect(store.metrics()).toMatchObject({ store_commits_total: 2, store_log_changes: 0 });
});

test("data with a hole in its log is refused", async () => {
  const store = memoryStore();
  await store.open();
  for (const first of [1, 2, 3]) store.commit(first === 1 ? made("main", 1) : group({ name: "main", first }));
  const data = store.dump();

  const damaged = memoryStore({ data: { ...data, log: data.log.filter((row) => row.firstVersion !== 2) } });

  await expect(damaged.open()).rejects.toMatchObject({ code: "store_damaged" });
});

function backupOf(store: MemoryStore, path: string) {
  const data = store.backups.get(path);
  if (data === undefined) throw new Error(`no backup at ${path}`);
  return data;
}
