import { type Change, collection, defineModel, patch, put, remove } from "@neverstale/protocol";
import fc from "fast-check";
import { beforeEach, expect, test } from "vitest";
import type { Limits } from "../limits/limits.ts";
import { VirtualRuntime } from "../runtime/virtual-runtime-suite.ts";
import { SpaceDraft } from "../space/space-draft.ts";
import { type SpaceView, spaceOf } from "../space/space-view.ts";
import { memoryStore } from "../store/memory.ts";
import { StateManager } from "./state-manager.ts";
import type { Applied } from "./transaction.ts";

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

test.each([
  { archive: true, rows: 20 },
  { archive: false, rows: 0 },
])(
  "[A3] grouping never shows: a space that comes and goes leaves the same history, together or one by one",
  async ({ archive, rows }) => {
    const made = (manager: StateManager<typeof model>) =>
      manager.transact((_, transaction) => {
        transaction.add("out/1", lines(10));
        return [];
      });
    const ended = (manager: StateManager<typeof model>) =>
      manager.transact((_, transaction) => {
        transaction.removeSpace("out/1", { archive });
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

    expect(histories[1]).toHaveLength(rows);
    expect(histories[0]?.map(({ id, version }) => [id, version])).toEqual(
      histories[1]?.map(({ id, version }) => [id, version]),
    );
    expect(told[0]).toEqual(told[1]);
  },
);

const sized = (id: string, chars: number) => added(id, { text: "x".repeat(chars) });

test("[B4] a record beyond its bound is refused to the byte, whatever its characters; what makes it smaller is taken", async () => {
  const record = { id: "a", text: "ä€😀\n" };
  const bytes = new TextEncoder().encode(JSON.stringify(record)).length;
  const manager = await opened({ recordBytes: bytes });
  await outcomesOf(manager.apply(added("a", record)));

  const outcomes = await outcomesOf(
    manager.apply(added("b", { text: `${record.text}x` })),
    manager.apply({ type: "host_updated", target: "a", data: { n: 1 } }),
    manager.apply({ type: "host_updated", target: "a", data: { text: "y" } }),
    manager.apply({ type: "host_updated", target: "a", data: { n: 1 } }),
  );

  expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected", "fulfilled", "fulfilled"]);
  expect(outcomes[0]).toMatchObject({
    reason: {
      code: "invalid_change",
      message: expect.stringContaining("hosts/b"),
      hint: expect.stringContaining("recordBytes"),
    },
  });
  expect(manager.metrics()).toMatchObject({ refused_record_bytes_total: 2, largest_record_bytes: bytes });
});

test("[B5] a transaction of more bytes than one may have is refused alone, and nothing is stopped", async () => {
  const manager = await opened({ transactionBytes: 4_000 });

  const outcomes = await outcomesOf(
    manager.apply(sized("before", 10)),
    manager.transact(() => Array.from({ length: 560 }, (_, n) => sized(`h${n}`, 1_000))),
    manager.transact(() => ({ changes: [], answer: "x".repeat(5_000) }), { key: { id: "k", bodyHash: "h" } }),
    manager.apply(sized("after", 10)),
  );

  expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "rejected", "fulfilled"]);
  expect(outcomes[1]).toMatchObject({
    reason: { code: "invalid_change", hint: expect.stringContaining("transactionBytes") },
  });
  expect([...manager.state.hosts.keys()]).toEqual(["before", "after"]);
  expect(manager.failure).toBeNull();
  expect(manager.metrics().refused_transaction_bytes_total).toBe(2);
  expect(manager.metrics().largest_transaction_bytes).toBeLessThan(200);
});

test("[S8] what a call evicts counts with it, as it is stored with it", async () => {
  const manager = await opened({ transactionBytes: 4_000 });
  const line = (n: number, chars: number): Change => ({
    type: "line",
    target: "",
    data: { id: `${n}`, text: "x".repeat(chars) },
  });
  await outcomesOf(...[1, 2, 3].map((n) => manager.apply(line(n, 1_500))));

  const outcomes = await outcomesOf(
    manager.transact(() => [4, 5, 6].map((n) => line(n, 10))),
    manager.transact(() => [7, 8].map((n) => line(n, 10))),
  );

  expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "fulfilled"]);
  expect([...manager.state.lines.keys()]).toEqual(["3", "7", "8"]);
});

test("[B3] many small calls are as many groups as their bytes fill, and none is refused", async () => {
  const manager = await opened({ groupBytes: 1_000 });
  const before = manager.metrics().store_commits_total ?? 0;

  const outcomes = await outcomesOf(...Array.from({ length: 20 }, (_, n) => manager.apply(sized(`h${n}`, 200))));

  expect(new Set(outcomes.map(({ status }) => status))).toEqual(new Set(["fulfilled"]));
  expect((manager.metrics().store_commits_total ?? 0) - before).toBe(5);
  expect(manager.metrics().writer_groups_cut_total).toBe(4);
});

test("[B6] a state at its bound takes what doesn't make it larger, and refuses the rest", async () => {
  const manager = await opened({ stateBytes: 1_000 });
  await outcomesOf(manager.apply(sized("a", 400)), manager.apply(sized("b", 400)));

  const outcomes = await outcomesOf(
    manager.apply(sized("c", 400)),
    manager.transact(() => [sized("c", 400), { type: "host_removed", target: "a", data: {} }]),
    manager.transact((_, transaction) => {
      transaction.add("out/1", [sized("x", 900), sized("y", 400)]);
      return [];
    }),
    manager.apply({ type: "host_updated", target: "b", data: { text: "x".repeat(700) } }),
    manager.apply({ type: "host_updated", target: "b", data: { text: "short" } }),
    manager.apply(sized("d", 300)),
  );

  expect(outcomes.map(({ status }) => status)).toEqual([
    "rejected",
    "fulfilled",
    "rejected",
    "rejected",
    "fulfilled",
    "fulfilled",
  ]);
  expect(outcomes[0]).toMatchObject({
    reason: { code: "invalid_change", hint: expect.stringContaining("stateBytes") },
  });
  expect([...manager.state.hosts.keys()]).toEqual(["b", "c", "d"]);
  expect(manager.spaces()).toEqual(["main"]);
  const wire = JSON.stringify([...manager.state.hosts.values()]);
  expect(manager.metrics()).toMatchObject({ state_bytes: wire.length - 1, refused_state_bytes_total: 3 });
});

test("[S8] a keep makes room by itself: at the bound of the state a new record takes the place of an old one", async () => {
  const manager = await opened({ stateBytes: 120 });
  const line = (n: number): Change => ({ type: "line", target: "", data: { id: `${n}`, text: "x".repeat(10) } });
  await outcomesOf(...[1, 2, 3].map((n) => manager.apply(line(n))));

  const outcomes = await outcomesOf(manager.apply(line(4)), manager.apply(line(5)), manager.apply(sized("a", 20)));

  expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected"]);
  expect([...manager.state.lines.keys()]).toEqual(["3", "4", "5"]);
});

test("[S8] bytes are counted from one release to the next, through every kind of change, the same as written anew", async () => {
  const change = fc.record({
    type: fc.constantFrom("host_added", "host_updated", "host_removed", "line"),
    target: fc.constantFrom("1", "2", "toString", "ä"),
    data: fc.dictionary(
      fc.constantFrom("a", "b", "valueOf"),
      fc.oneof(
        fc.constant(null),
        fc.integer(),
        fc.string(),
        fc.constantFrom({ x: 1 }, { y: null, z: ["€"] }, [1, null]),
      ),
      { maxKeys: 3, noNullPrototype: true },
    ) as fc.Arbitrary<Change["data"]>,
  });
  await fc.assert(
    fc.asyncProperty(fc.array(fc.array(change, { maxLength: 5 }), { maxLength: 12 }), async (transactions) => {
      store = memoryStore();
      const manager = await opened({ transactionChanges: 6 });
      for (const changes of transactions) await outcomesOf(manager.transact(() => changes));
      await runtime.pass(1_100);
      store = memoryStore({ data: store.dump() });
      const restarted = await opened();

      const records = [...manager.state.hosts.values(), ...manager.state.lines.values()];
      const written = records.reduce(
        (sum, record) => sum + new TextEncoder().encode(JSON.stringify(record)).length + 1,
        0,
      );
      expect(manager.space("main")?.bytes).toBe(written);
      expect(restarted.space("main")?.bytes).toBe(written);
    }),
    { numRuns: 200 },
  );
});

test("[S8] what an older release stored beyond a bound opens, can be made smaller and removed, but not larger", async () => {
  const before = await opened();
  await outcomesOf(before.apply(sized("large", 500)), before.apply(sized("small", 10)));
  store = memoryStore({ data: store.dump() });
  const manager = await opened({ recordBytes: 100, stateBytes: 200, transactionBytes: 300 });

  const outcomes = await outcomesOf(
    manager.apply({ type: "host_updated", target: "large", data: { n: 1 } }),
    manager.apply(sized("other", 10)),
    manager.apply({ type: "host_updated", target: "large", data: { text: "x".repeat(150) } }),
    manager.apply({ type: "host_removed", target: "large", data: {} }),
    manager.apply(sized("other", 10)),
  );

  expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected", "fulfilled", "fulfilled", "fulfilled"]);
  expect([...manager.state.hosts.keys()]).toEqual(["small", "other"]);
});

test("[S8] a record beyond the bounds that an older release stored leaves by its keep", async () => {
  const before = await opened();
  await outcomesOf(
    before.transact(() => [{ type: "line", target: "", data: { id: "0", text: "x".repeat(5_000) } }, ...lines(2, 1)]),
  );
  store = memoryStore({ data: store.dump() });
  const manager = await opened({ recordBytes: 100, transactionBytes: 300 });

  const outcomes = await outcomesOf(manager.transact(() => lines(2, 3)));

  expect(outcomes[0]).toMatchObject({ status: "fulfilled" });
  expect([...manager.state.lines.keys()]).toEqual(["2", "3", "4"]);
});

test("[B7] a space beyond their number is refused; one that ends makes room", async () => {
  const manager = await opened({ spaces: 3 });
  const make = (...names: readonly string[]) =>
    manager.transact((_, transaction) => {
      for (const name of names) transaction.add(name, [added("x")]);
      return [];
    });
  const replace = (old: string, name: string) =>
    manager.transact((_, transaction) => {
      transaction.removeSpace(old, { archive: true });
      transaction.add(name, [added("x")]);
      return [];
    });

  const outcomes = await outcomesOf(make("out/1", "out/2", "out/3"), make("out/1", "out/2"), make("out/3"));
  const later = await outcomesOf(replace("out/1", "out/3"), make("out/1"));

  expect([...outcomes, ...later].map(({ status }) => status)).toEqual([
    "rejected",
    "fulfilled",
    "rejected",
    "fulfilled",
    "rejected",
  ]);
  expect(outcomes[0]).toMatchObject({ reason: { code: "invalid_change", hint: expect.stringContaining("`spaces`") } });
  expect(manager.spaces()).toEqual(["main", "out/2", "out/3"]);
});

test("[E6] what `migrate` does may be larger than a transaction: nobody is served yet", async () => {
  const limits = { transactionChanges: 4, transactionBytes: 400 };
  const migrate = () => Array.from({ length: 20 }, (_, n) => sized(`h${n}`, 100));

  const opening = StateManager.openWith({ model, store, limits, migrate }, runtime);
  await runtime.pass(1);
  const manager = await opening;

  expect(manager.state.hosts.size).toBe(20);
});

test("[A1] changes that can't be written as text have moved nothing, which their calls are told", async () => {
  const cyclic: { self?: unknown } = {};
  cyclic.self = cyclic;
  const manager = await opened();
  const draft = new SpaceDraft(spaceOf(manager.space("main") as SpaceView), false, 0, null, []);
  draft.add([added("a")], null);
  draft.changes.push(added("b", cyclic));

  const commit = draft.toCommit(manager.epoch);

  expect(() => commit.changes.text).toThrow(
    expect.objectContaining({ name: "StoreFailure", outcome: "nothing_moved" }),
  );
});

test("[B2] a group takes so many calls, or those decided within its time: the others form the next ones", async () => {
  const manager = await opened({ batchCalls: 3 });
  const hurried = await StateManager.openWith({ model, store: memoryStore(), limits: { batchMs: 0 } }, runtime);
  const commitsOf = async (of: typeof manager, calls: number) => {
    const before = of.metrics().store_commits_total ?? 0;
    await outcomesOf(...Array.from({ length: calls }, (_, n) => of.apply(added(`${n}`))));
    return (of.metrics().store_commits_total ?? 0) - before;
  };

  expect(await commitsOf(manager, 7)).toBe(3);
  expect(await commitsOf(hurried, 130)).toBe(3);
  expect([manager.version, hurried.version]).toEqual([7, 130]);
});
