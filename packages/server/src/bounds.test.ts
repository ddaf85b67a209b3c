import { type Change, collection, defineModel, patch, put, remove } from "@neverstale/protocol";
import { beforeEach, expect, test } from "vitest";
import type { Limits } from "./limits.ts";
import { StateManager } from "./state-manager.ts";
import { memoryStore } from "./store/memory.ts";
import type { Applied } from "./transaction.ts";
import { VirtualRuntime } from "./virtual-runtime-suite.ts";

const model = defineModel({
  model: 1,
  collections: { hosts: collection(null), lines: collection(null, { keep: { newest: 3 } }) },
  changes: {
    host_added: put("hosts"),
    host_updated: patch("hosts"),
    host_removed: remove("hosts"),
    line: put("lines"),
  },
});

let runtime: VirtualRuntime;
let store: ReturnType<typeof memoryStore>;

beforeEach(() => {
  runtime = new VirtualRuntime();
  store = memoryStore();
});

function opened(limits: Partial<Limits> = {}): Promise<StateManager<typeof model>> {
  return StateManager.openWith({ model, spaces: { "out/": model }, store, limits }, runtime);
}

/** How each call ends, while time passes. */
async function outcomesOf(...calls: readonly Promise<Applied>[]): Promise<PromiseSettledResult<Applied>[]> {
  const outcomes = Promise.allSettled(calls);
  await runtime.pass(1);
  return outcomes;
}

const added = (target: string, data = {}): Change => ({ type: "host_added", target, data });
const lines = (count: number, from = 0): Change[] =>
  Array.from({ length: count }, (_, n) => ({ type: "line", target: "", data: { id: `${from + n}` } }));

test("[S8] a call of more changes than a transaction holds, its evictions included, is refused alone", async () => {
  const manager = await opened({ transactionChanges: 8 });

  const outcomes = await outcomesOf(
    manager.apply(added("before")),
    manager.transact(() => lines(6, 10)),
    manager.transact(() => lines(5, 20)),
    manager.transact(() => lines(6, 30)),
    manager.apply(added("after")),
  );

  expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled", "rejected", "fulfilled"]);
  expect(outcomes[1]).toMatchObject({
    reason: { code: "invalid_change", hint: expect.stringContaining("transactionChanges") },
  });
  expect([...manager.state.hosts.keys()]).toEqual(["before", "after"]);
  expect([...manager.state.lines.keys()]).toEqual(["22", "23", "24"]);
  expect(manager.version).toBe(9);
});

test("[S8] what a decision catches counts for nothing: the rest of it has the whole bound", async () => {
  const manager = await opened({ transactionChanges: 8 });

  const [outcome] = await outcomesOf(
    manager.transact((_, transaction) => {
      expect(() => transaction.add("out/1", lines(20))).toThrow("rule S8");
      return Array.from({ length: 8 }, (_, n) => added(`${n}`));
    }),
  );

  expect(outcome).toMatchObject({ value: { versions: { main: 8 } } });
  expect(manager.spaces()).toEqual(["main"]);
});

test("[S8] a group that holds as many changes as a transaction may takes no more calls: they form the next", async () => {
  const manager = await opened({ transactionChanges: 4 });
  const three = (n: number) => [added(`${n}a`), added(`${n}b`), added(`${n}c`)];
  const before = manager.metrics().store_commits_total ?? 0;

  const outcomes = await outcomesOf(...[1, 2, 3].map((n) => manager.transact(() => three(n))));

  expect(outcomes.map((outcome) => outcome.status === "fulfilled" && outcome.value.version)).toEqual([3, 6, 9]);
  expect((manager.metrics().store_commits_total ?? 0) - before).toBe(2);
});

test("[S3] a record that was put into order and taken back is where it was: the oldest still leaves first", async () => {
  const manager = await opened();
  await outcomesOf(manager.transact(() => lines(3)));

  const outcomes = await outcomesOf(
    manager.transact(() => [...lines(1, 0), { type: "unknown", target: "x", data: {} } as never]),
    manager.transact(() => lines(1, 9)),
  );

  expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "fulfilled"]);
  expect([...manager.state.lines.keys()]).toEqual(["1", "2", "9"]);
});

test("[A3] grouping never shows: a space that comes and goes leaves the same history, together or one by one", async () => {
  const made = (manager: StateManager<typeof model>) =>
    manager.transact((_, transaction) => {
      transaction.add("out/1", lines(10));
      return [];
    });
  const ended = (manager: StateManager<typeof model>) =>
    manager.transact((_, transaction) => {
      transaction.removeSpace("out/1");
      return [];
    });
  const told: string[][] = [[], []];
  const histories = await Promise.all(
    [true, false].map(async (together, run) => {
      store = memoryStore();
      const manager = await opened();
      manager.follow((committed) => {
        for (const { space, changes } of committed)
          told[run]?.push(...changes.map((change) => space.name + change.type));
      });
      const calls = [made, ended, made, ended];
      if (together) await outcomesOf(...calls.map((call) => call(manager)));
      else for (const call of calls) await outcomesOf(call(manager));
      expect(manager.spaces()).toEqual(["main"]);
      return manager.history({ space: "out/1", limit: 99 });
    }),
  );

  expect(histories[1]).toHaveLength(14);
  expect(histories[0]?.map(({ id, version }) => [id, version])).toEqual(
    histories[1]?.map(({ id, version }) => [id, version]),
  );
  expect(told[0]).toEqual(told[1]);
});
