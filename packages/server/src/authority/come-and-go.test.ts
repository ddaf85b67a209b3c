import { type AskedChange, collection, defineModel, put } from "@neverstale/protocol";
import { beforeEach, expect, test } from "vitest";
import { SyncHub } from "../followers/sync-hub.ts";
import type { Limits } from "../limits/limits.ts";
import { TestWire, VirtualRuntime } from "../runtime/virtual-runtime-suite.ts";
import { memoryStore } from "../store/memory.ts";
import { StateManager } from "./state-manager.ts";
import type { Transaction } from "./transaction.ts";

const model = defineModel({ model: 1, collections: { hosts: collection(null) }, changes: { host: put("hosts") } });
const output = defineModel({
  model: 1,
  collections: { lines: collection<{ id: string }>(null, { keep: { newest: 2 } }), status: collection(null) },
  changes: { line: put("lines"), status: put("status") },
});
const models = { model, spaces: { "out/": output } };

let runtime: VirtualRuntime;
let store: ReturnType<typeof memoryStore>;
let manager: StateManager<typeof model>;

beforeEach(async () => {
  runtime = new VirtualRuntime();
  store = memoryStore();
  manager = await opened();
});

function opened(limits: Partial<Limits> = {}): Promise<StateManager<typeof model>> {
  return StateManager.openWith({ ...models, store, limits }, runtime);
}

const line = (id: string): AskedChange => ({ type: "line", target: id, data: {} });

/** Does so in a transaction of its own. */
async function doing(work: (transaction: Transaction) => void) {
  const call = manager.transact((_, transaction) => {
    work(transaction);
    return [];
  });
  const outcome = call.then(
    (applied) => applied,
    (error: unknown) => error,
  );
  await runtime.pass(1);
  return outcome;
}

async function restarted(): Promise<StateManager<typeof model>> {
  await manager.close();
  return opened();
}

const historyOf = async (of: StateManager<typeof model>) =>
  (await of.history({ space: "out/1", limit: 99 })).map(({ collection, id, version }) => [collection, id, version]);

test("[S9] a space that was made is there without a record, may be followed, and is there after a restart", async () => {
  const hub = new SyncHub(manager, { frames: runtime.frames });
  const applied = await doing((transaction) => {
    const state = transaction.createSpace("out/1", output);
    expect(state.lines.size).toBe(0);
  });
  const wire = new TestWire();
  hub.attach(wire, { space: "out/1", profile: "v1", resume: null, subject: null });
  await runtime.pass(10);

  expect(applied).toMatchObject({ versions: { "out/1": 0 } });
  expect(wire.received[0]).toMatchObject({ type: "init", version: 0, payload: { lines: [], status: [] } });
  const creationId = manager.space("out/1")?.creationId;
  const again = await restarted();
  expect(again.space("out/1")).toMatchObject({ creationId, head: 0, records: 0 });
});

test("[S9] its first change is version 1, in the transaction that makes it or in a later one", async () => {
  await doing((transaction) => {
    transaction.createSpace("out/1");
    transaction.add("out/1", [line("a")]);
    transaction.createSpace("out/2");
  });
  await doing((transaction) => transaction.add("out/2", [line("b")]));

  expect([manager.space("out/1")?.head, manager.space("out/2")?.head]).toEqual([1, 1]);
  const again = await restarted();
  expect([...(again.space("out/2")?.state.lines?.keys() ?? [])]).toEqual(["b"]);
});

test.each([
  ["one that is there", "invalid_change", (transaction: Transaction) => transaction.createSpace("main")],
  ["one whose name no model covers", "unknown_space", (transaction: Transaction) => transaction.createSpace("else/1")],
  [
    "one with another model than its name has",
    "invalid_change",
    (made: Transaction) => made.createSpace("out/1", model),
  ],
  ["one whose name is none", "invalid_change", (transaction: Transaction) => transaction.createSpace("__proto__")],
])("[S9] to make %s is refused, and nothing is made", async (_, code, make) => {
  const outcome = await doing((transaction) => {
    transaction.createSpace("out/9");
    make(transaction);
  });

  expect(outcome).toMatchObject({ code });
  expect(manager.spaces()).toEqual(["main"]);
});

test("[S9] spaces that are made count towards the bound on spaces", async () => {
  await manager.close();
  manager = await opened({ spaces: 2 });

  expect(await doing((transaction) => transaction.createSpace("out/1"))).toMatchObject({ versions: { "out/1": 0 } });
  expect(await doing((transaction) => transaction.createSpace("out/2"))).toMatchObject({
    code: "invalid_change",
    hint: expect.stringContaining("`spaces`"),
  });
});

test("[S9] a space that is archived can be read in the history, its last records behind those that it evicted", async () => {
  await doing((transaction) => {
    const touched = { type: "line", target: "b", data: { again: true } };
    transaction.add("out/1", [line("a"), line("b"), { type: "status", target: "s", data: {} }, line("c"), touched]);
  });

  await doing((transaction) => transaction.removeSpace("out/1", { archive: true }));

  const expected = [
    ["lines", "a", 6],
    ["status", "s", 6],
    ["lines", "c", 6],
    ["lines", "b", 6],
  ];
  expect(manager.space("out/1")).toBeNull();
  expect(await historyOf(manager)).toEqual(expected);
  expect(await manager.log({ space: "out/1", afterVersion: 0, limit: 9 })).toEqual([]);
  expect(await historyOf(await restarted())).toEqual(expected);
});

test("[S9] a space that is not archived takes its history with it, and what was archived before under its name stays", async () => {
  const lives = (...ids: string[]) => doing((transaction) => transaction.add("out/1", ids.map(line)));
  await lives("a", "b", "c");
  await doing((transaction) => transaction.removeSpace("out/1", { archive: true }));
  await lives("d", "e", "f");
  expect(await historyOf(manager)).toHaveLength(4);

  await doing((transaction) => transaction.removeSpace("out/1", { archive: false }));

  const left = [
    ["lines", "a", 4],
    ["lines", "b", 4],
    ["lines", "c", 4],
  ];
  expect(await historyOf(manager)).toEqual(left);
  expect(await historyOf(await restarted())).toEqual(left);
});

test("[S9] a name that is used again in the same transaction is another creation", async () => {
  await doing((transaction) => transaction.add("out/1", [line("a")]));
  const before = manager.space("out/1")?.creationId;

  await doing((transaction) => {
    transaction.removeSpace("out/1", { archive: true });
    expect(transaction.state("out/1")).toBeNull();
    transaction.createSpace("out/1");
    expect(transaction.state("out/1")?.lines?.size).toBe(0);
  });

  expect(manager.space("out/1")).toMatchObject({ head: 0, records: 0 });
  expect(manager.space("out/1")?.creationId).not.toBe(before);
  expect(await manager.history({ space: "out/1", limit: 9 })).toMatchObject([{ id: "a", creationId: before }]);
});

test.each([undefined, {}, { archive: "yes" }, { archive: undefined }, null])(
  "[S9] whoever ends a space says what becomes of what it held: %o is refused",
  async (options) => {
    await doing((transaction) => transaction.add("out/1", [line("a")]));

    const outcome = await doing((transaction) => transaction.removeSpace("out/1", options as never));

    expect(outcome).toMatchObject({ code: "invalid_change", hint: expect.stringContaining("history") });
    expect(manager.space("out/1")?.records).toBe(1);
  },
);

test("[S9] what is archived counts for its transaction; one that is refused for it may go on without", async () => {
  await manager.close();
  manager = await opened({ transactionChanges: 3 });
  for (const ids of [["a", "b"], ["s1"], ["s2"]]) {
    const changes = ids.map((id) => (id.startsWith("s") ? { type: "status", target: id, data: {} } : line(id)));
    await doing((transaction) => transaction.add("out/1", changes as AskedChange[]));
  }

  const refused = await doing((transaction) => transaction.removeSpace("out/1", { archive: true }));
  const seen: unknown[] = [];
  await doing((transaction) => {
    try {
      transaction.removeSpace("out/1", { archive: true });
    } catch (error) {
      seen.push((error as { code: string }).code);
    }
    transaction.add("out/1", [line("b")]);
  });

  expect(refused).toMatchObject({ code: "invalid_change", hint: expect.stringContaining("`transactionChanges`") });
  expect(seen).toEqual(["invalid_change"]);
  expect(manager.space("out/1")).toMatchObject({ records: 4, head: 5 });
  expect(await historyOf(manager)).toEqual([]);
});
