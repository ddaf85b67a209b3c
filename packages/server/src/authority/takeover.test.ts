import { collection, defineModel, put } from "@neverstale/protocol";
import { beforeEach, expect, test } from "vitest";
import { settle, VirtualRuntime } from "../runtime/virtual-runtime-suite.ts";
import { type Store, StoreFailure } from "../store/contract.ts";
import { memoryStore } from "../store/memory.ts";
import { memoryDatabase } from "../store/memory-database.ts";
import { StateManager } from "./state-manager.ts";

const model = defineModel({
  model: 7,
  collections: { hosts: collection(null) },
  changes: { host_added: put("hosts") },
});

let runtime: VirtualRuntime;

beforeEach(() => {
  runtime = new VirtualRuntime();
});

const added = (target: string) => ({ type: "host_added", target, data: {} });

async function open(store: Store, onFailure?: () => void): Promise<StateManager<typeof model>> {
  return StateManager.openWith({ model, store, ...(onFailure === undefined ? {} : { onFailure }) }, runtime);
}

async function done<Result>(work: Promise<Result>): Promise<Result> {
  work.catch(() => {});
  await runtime.pass(10);
  return work;
}

test("[E1] a takeover in the running process goes between two groups, and what follows it is of a new epoch", async () => {
  const store = memoryStore();
  const manager = await open(store);
  const first = manager.epoch;
  const told: string[] = [];
  manager.follow((groups) => told.push(...groups.map(({ firstVersion }) => `${firstVersion} ${manager.epoch}`)));
  manager.onTakeover(() => told.push(`takeover ${manager.epoch}`));

  const one = await done(manager.apply(added("web-1")));
  await done(manager.takeOver());
  const two = await done(manager.apply(added("web-2")));

  const second = manager.epoch;
  expect([one.epoch, two.epoch]).toEqual([first, second]);
  expect(told).toEqual([`1 ${first}`, `takeover ${second}`, `2 ${second}`]);
  expect(manager.space("main")?.lineage()).toEqual([
    [first, 1],
    [second, 2],
  ]);
  expect(manager.metrics()).toMatchObject({ writer_takeovers_total: 1, epochs: 2 });
  const chain = await store.readChain({ afterSequence: 0, limit: 10 });
  expect(chain).toMatchObject([
    { type: "takeover", term: first },
    { type: "group", term: first },
    { type: "group", term: first },
    { type: "takeover", term: second, termBefore: first, model: 7 },
    { type: "group", term: second, spaces: [{ lineage: { epoch: second, firstVersion: 2 } }] },
  ]);
});

test("[E1] calls that come while a takeover is under way wait for it, and are stored in its term", async () => {
  const inner = memoryStore();
  const { promise: gate, resolve: openGate } = Promise.withResolvers<void>();
  let slow = false;
  const store: Store = Object.assign(Object.create(inner) as Store, {
    ...bound(inner),
    takeOver: async (takeover: Parameters<Store["takeOver"]>[0]) => {
      if (slow) await gate;
      return inner.takeOver(takeover);
    },
  });
  const manager = await open(store);
  const key = { id: "k", bodyHash: "h" };
  const before = await done(manager.apply(added("web-1"), { key }));
  slow = true;

  const takeover = manager.takeOver();
  await settle();
  const later = manager.apply(added("web-2"));
  const repeat = manager.apply(added("web-1"), { key });
  await runtime.pass(10);
  const versionMeanwhile = manager.version;
  openGate();
  await done(takeover);

  const today = manager.epoch;
  expect(versionMeanwhile).toBe(1);
  expect(await done(later)).toMatchObject({ version: 2, epoch: today });
  expect(await done(repeat)).toMatchObject({ version: before.version, epoch: today, replayed: true });
  expect(before.epoch).not.toBe(today);
});

test("[E1] takeovers wait for a fold that is under way, and folds for a takeover", async () => {
  const manager = await open(memoryStore());
  await done(manager.apply(added("web-1")));

  const takeovers = [manager.takeOver(), manager.takeOver()];
  await runtime.pass(2_000);
  await Promise.all(takeovers);
  await done(manager.apply(added("web-2")));
  await runtime.pass(2_000);

  expect(manager.metrics()).toMatchObject({ writer_takeovers_total: 2, folds_failed_total: 0 });
  expect(manager.failure).toBeNull();
  await done(manager.close());
});

test("[A1] a takeover that is fenced leaves no term: nothing more is taken, and the process must end", async () => {
  const database = memoryDatabase();
  const failures: unknown[] = [];
  const manager = await open(memoryStore({ database }), () => failures.push(manager.failure));
  await done(manager.apply(added("web-1")));
  await open(memoryStore({ database }));

  await expect(done(manager.takeOver())).rejects.toMatchObject({ code: "store_unavailable" });
  await expect(done(manager.apply(added("web-2")))).rejects.toMatchObject({ code: "store_unavailable" });
  expect(failures).toHaveLength(1);
});

test("[A1] a takeover whose outcome nobody knows is told as such", async () => {
  const inner = memoryStore();
  let fails = false;
  const store: Store = Object.assign(Object.create(inner) as Store, {
    ...bound(inner),
    takeOver: async (takeover: Parameters<Store["takeOver"]>[0]) => {
      if (fails) throw new StoreFailure("unknown", "the answer was lost");
      return inner.takeOver(takeover);
    },
  });
  const manager = await open(store);
  fails = true;

  await expect(done(manager.takeOver())).rejects.toMatchObject({ code: "outcome_unknown" });
  expect(manager.failure).toMatchObject({ code: "outcome_unknown" });
});

test("[E1] an authority that is being closed takes over no more", async () => {
  const manager = await open(memoryStore());
  const closing = manager.close();

  await expect(done(manager.takeOver())).rejects.toMatchObject({ code: "shutting_down" });
  await done(closing);
});

/** The methods of a store, for another one that stands before it. */
function bound(inner: Store) {
  return {
    read: () => inner.read(),
    commit: (group: Parameters<Store["commit"]>[0]) => inner.commit(group),
    fold: (fold: Parameters<Store["fold"]>[0]) => inner.fold(fold),
    findAnswer: (query: Parameters<Store["findAnswer"]>[0]) => inner.findAnswer(query),
    close: () => inner.close(),
    metrics: () => inner.metrics(),
  };
}
