import * as vitest from "vitest";
import type { PlanDraft } from "./catalog.ts";
import { type ChainHead, StoreFailure, type Takeover } from "./contract.ts";
import {
  attempt,
  chainOf,
  describeExclusiveStore,
  describeSharedStore,
  describeStore,
  fold,
  group,
  made,
  opened,
  record,
  type SharedStoreHarness,
} from "./contract-suite.ts";
import { type MemoryStore, memoryStore } from "./memory.ts";
import { type MemoryData, MemoryDatabase, memoryDatabase } from "./memory-database.ts";
import type { Retention } from "./retention.ts";

const { expect, test } = vitest;

async function exclusiveMemory(retention: Partial<Retention> = {}) {
  const store = memoryStore({ retention });
  return { store: () => store, ...backupsOf(store), end: async () => {} };
}

async function sharedMemory(retention: Partial<Retention> = {}): Promise<SharedStoreHarness> {
  const database = new FarDatabase({ retention });
  const first = memoryStore({ database });
  let isFirst = true;
  const store = () => {
    const next = isFirst ? first : memoryStore({ database });
    isFirst = false;
    return next;
  };
  const loseNextAnswer = (isStored: boolean) => database.loseNextAnswer(isStored);
  return { store, ...backupsOf(first), loseNextAnswer, end: async () => {} };
}

/** Backups are kept by the store that made them. */
function backupsOf(store: MemoryStore) {
  let backups = 0;
  const backupPath = () => {
    backups += 1;
    return `backup-${backups}`;
  };
  return { backupPath, restored: (path: string) => memoryStore({ data: backupOf(store, path) }) };
}

describeStore(vitest, "memory", exclusiveMemory);
describeExclusiveStore(vitest, "memory", exclusiveMemory);
describeStore(vitest, "shared memory", sharedMemory);
describeSharedStore(vitest, "shared memory", sharedMemory);

/** A database whose answers get lost on their way. */
class FarDatabase extends MemoryDatabase {
  #loses: { readonly isStored: boolean } | null = null;

  loseNextAnswer(isStored: boolean): void {
    this.#loses = { isStored };
  }

  override takeOver(takeover: Takeover): ChainHead {
    return this.#answering(() => super.takeOver(takeover));
  }

  override commit(draft: PlanDraft): void {
    this.#answering(() => super.commit(draft));
  }

  #answering<Result>(work: () => Result): Result {
    const lost = this.#loses;
    this.#loses = null;
    if (lost === null) return work();
    if (lost.isStored) work();
    throw new StoreFailure("unknown", "the answer was lost");
  }
}
test("a dump is the store at one moment, and another store goes on from it", async () => {
  const store = memoryStore();
  await opened(store);
  store.commit(made("main", 2));
  await store.fold(fold("main", 2, { records: [record("a", 2)] }));
  const data = store.dump();
  store.commit(group({ name: "main", first: 3 }));

  const other = memoryStore({ data });
  const contents = await opened(other);
  other.commit(group({ name: "main", first: 3, count: 2 }));

  expect(contents.spaces).toMatchObject([{ foldedVersion: 2, records: [record("a", 2)], log: [] }]);
  expect(data).toEqual(structuredClone(data));
  expect(await store.readLog({ space: "main", afterVersion: 2, limit: 9 })).toMatchObject([{ lastVersion: 3 }]);
  expect(await other.readLog({ space: "main", afterVersion: 2, limit: 9 })).toMatchObject([{ lastVersion: 4 }]);
});

test("without a log it tells of no changes, and another store goes on from the last fold", async () => {
  const store = memoryStore({ log: false });
  await opened(store);
  store.commit(made("main", 2));
  await store.fold(fold("main", 2, { records: [record("a", 2)] }));
  store.commit(group({ name: "main", first: 3 }));

  const contents = await memoryStore({ data: store.dump() }).read();

  expect(await store.readLog({ space: "main", afterVersion: 0, limit: 9 })).toEqual([]);
  expect(contents.spaces).toMatchObject([{ foldedVersion: 2, records: [record("a", 2)], log: [] }]);
  expect(await store.readChain({ afterSequence: 0, limit: 9 })).toBe("trimmed");
  expect(store.metrics()).toMatchObject({ store_commits_total: 2, store_log_changes: 0, store_chain_entries: 0 });
});

test("data with a hole in its log is refused", async () => {
  const store = memoryStore();
  await opened(store);
  for (const first of [1, 2, 3]) store.commit(first === 1 ? made("main", 1) : group({ name: "main", first }));
  const data = store.dump();

  const damaged = memoryStore({ data: { ...data, chain: data.chain.filter(({ sequence }) => sequence !== 3) } });

  await expect(damaged.read()).rejects.toMatchObject({ code: "store_damaged" });
});

test("a database that has lost its tail takes nothing from a writer that was ahead", async () => {
  const database = memoryDatabase();
  const writer = memoryStore({ database });
  await opened(writer);
  writer.commit(made("main", 1));
  const before: MemoryData = database.dump();
  writer.commit(group({ name: "main", first: 2 }));
  database.restore(before);

  await expect(writer.fold(fold("main", 2, { records: [record("a", 2)] }))).rejects.toMatchObject({
    outcome: "fenced",
  });
  await expect(attempt(() => writer.commit(group({ name: "main", first: 3 })))).rejects.toMatchObject({
    outcome: "fenced",
  });

  const other = memoryStore({ database });
  expect(await opened(other)).toMatchObject({ spaces: [{ foldedVersion: 0, log: [{ lastVersion: 1 }] }] });
  expect((await chainOf(other)).map(({ term }) => term)).toEqual(["term-1", "term-1", "term-2"]);
});

function backupOf(store: MemoryStore, path: string) {
  const data = store.backups.get(path);
  if (data === undefined) throw new Error(`no backup at ${path}`);
  return data;
}
