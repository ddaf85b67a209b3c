import { type AskedChange, collection, defineModel, patch, put, remove, type StateOf } from "@neverstale/protocol";
import { beforeEach, expect, test } from "vitest";
import { VirtualRuntime } from "../runtime/virtual-runtime-suite.ts";
import type { Committed } from "../space/committed.ts";
import { memoryStore } from "../store/memory.ts";
import { MAX_KEY_LENGTH } from "./door.ts";
import { StateManager } from "./state-manager.ts";
import type { Decide, Transaction, TransactOptions } from "./transaction.ts";

interface Card {
  id: string;
  title?: string;
  tags?: string[];
  size?: { x: number };
}

const model = defineModel({
  model: 1,
  collections: { cards: collection<Card>(), metrics: collection(null, { ephemeral: true }) },
  changes: {
    card_put: put("cards"),
    card_patched: patch("cards"),
    card_removed: remove("cards"),
    measured: put("metrics"),
  },
});

let runtime: VirtualRuntime;
let store: ReturnType<typeof memoryStore>;
let manager: StateManager<typeof model>;
let told: Committed[];

beforeEach(async () => {
  runtime = new VirtualRuntime();
  store = memoryStore();
  manager = await open();
  told = [];
  manager.follow((committed) => told.push(...committed));
});

function open(): Promise<StateManager<typeof model>> {
  return StateManager.openWith({ model, spaces: { "out/": model }, store }, runtime);
}

/** What comes of a call, while time passes. */
async function outcome(call: Promise<unknown>): Promise<unknown> {
  const settled = Promise.allSettled([call]);
  await runtime.pass(200);
  const [result] = await settled;
  return result.status === "fulfilled" ? result.value : result.reason;
}

const card = { type: "card_put", target: "c", data: { title: "a", tags: ["x"], size: { x: 1 } } } as const;

/** As JavaScript has it, whose compiler warns of nothing. */
function editing(edit: (record: Card) => unknown): Decide<unknown> {
  return (state) => {
    edit((state as StateOf<typeof model>).cards.get("c") as Card);
    return [{ type: "card_patched", target: "c", data: { title: "b" } }];
  };
}

const EDITS: [string, (record: Card) => unknown][] = [
  ["a field", (record) => Object.assign(record, { title: "b" })],
  ["a list", (record) => record.tags?.push("y")],
  ["a nested object", (record) => Object.assign(record.size ?? {}, { x: 2 })],
  ["a field that is new", (record) => Object.assign(record, { owner: "me" })],
  ["a field that goes", (record) => Reflect.deleteProperty(record, "title") || expect.fail("it stays")],
];

test.each(EDITS)("[A3] a decision that edits %s of a record it was given is rejected alone", async (_, edit) => {
  await outcome(manager.apply(card));

  const calls = [manager.transact(editing(edit)), manager.apply({ type: "card_put", target: "d", data: {} })];
  const [edited, other] = await Promise.all(calls.map(outcome));

  expect(edited).toBeInstanceOf(Error);
  expect(other).toMatchObject({ version: 2 });
  expect(manager.state.cards.get("c")).toEqual({ id: "c", ...card.data });
});

test("[E6] records that are read back at the start can't be edited either, nor those of the log behind them", async () => {
  await outcome(manager.apply(card));
  await runtime.pass(2_000);
  await outcome(manager.apply({ ...card, target: "d" }));
  store = memoryStore({ data: store.dump() });

  const reopened = await open();

  for (const id of ["c", "d"]) {
    const record = reopened.state.cards.get(id) as Card;
    for (const part of [record, record.tags, record.size]) expect(Object.isFrozen(part)).toBe(true);
  }
});

test("[S1] what a caller does with its change after the call alters nothing, in the state or in the log", async () => {
  const mine = { title: "a", tags: ["x"], size: { x: 1 } };
  const more = { tags: ["y"], size: { y: { z: 1 } } };
  const answer = { ids: ["c"] };
  const changes: AskedChange[] = [{ type: "card_patched", target: "c", data: more }];
  const edit = () => {
    mine.tags.push("edited");
    mine.size.x = 9;
    mine.title = "edited";
    more.tags.push("edited");
    more.size.y.z = 9;
    answer.ids.push("edited");
    changes.push({ type: "card_removed", target: "c" });
  };

  const applying = outcome(manager.apply({ type: "card_put", target: "c", data: mine }));
  const deciding = outcome(manager.transact(() => ({ changes, answer }), { key: { id: "k", bodyHash: "" } }));
  mine.title = "edited";
  mine.tags.push("edited");
  const [, applied] = await Promise.all([applying, deciding]);
  edit();

  const expected = { id: "c", title: "a", tags: ["y"], size: { x: 1, y: { z: 1 } } };
  expect(manager.state.cards.get("c")).toEqual(expected);
  expect(told.flatMap(({ changes }) => changes.map(({ data }) => data))).toEqual([
    { id: "c", title: "a", tags: ["x"], size: { x: 1 } },
    { tags: ["y"], size: { y: { z: 1 } } },
  ]);
  expect(applied).toMatchObject({ answer: { ids: ["c"] } });
  const reopened = await StateManager.openWith({ model, store: memoryStore({ data: store.dump() }) }, runtime);
  expect(reopened.state.cards.get("c")).toEqual(expected);
});

test("[S1] what followers are told can't be edited by one of them", async () => {
  await outcome(manager.apply(card));

  const [committed] = told;

  for (const part of [committed, committed?.changes, committed?.changes[0], committed?.changes[0]?.data]) {
    expect(Object.isFrozen(part)).toBe(true);
  }
});

test("[E6] a state has no way to set or delete a record, and its collections stay where they are", async () => {
  await outcome(manager.apply(card));
  const seen: Record<string, unknown>[] = [];
  const looking = manager.transact((state) => {
    seen.push(state as never);
    return [];
  });
  await outcome(looking);
  seen.push(manager.state as never);

  for (const state of seen) {
    expect(() => Object.assign(state, { cards: new Map() })).toThrow(TypeError);
    expect(() => Object.assign(state.cards as object, { get: () => undefined })).toThrow(TypeError);
    expect(["set", "delete", "clear"].filter((method) => method in (state.cards as object))).toEqual([]);
  }
});

test("[S2] a change of a missing record that was let pass is replayed, though the model refuses such changes by now", async () => {
  await outcome(manager.apply({ type: "card_patched", target: "nobody", data: { title: "a" } }));
  await outcome(manager.apply({ type: "card_removed", target: "nobody" }));
  const strict = defineModel({
    ...model,
    changes: {
      ...model.changes,
      card_patched: patch("cards", { missing: "refuse" }),
      card_removed: remove("cards", { missing: "refuse" }),
    },
  });

  store = memoryStore({ data: store.dump() });
  const reopened = await StateManager.openWith({ model: strict, store }, runtime);
  const refused = await outcome(reopened.apply({ type: "card_removed", target: "nobody" }));

  expect(reopened.version).toBe(2);
  expect(refused).toMatchObject({ code: "invalid_change", message: expect.stringContaining("no record") });
});

test("[S4] -0 is 0 from the door on, in every collection", async () => {
  const given = { x: -0, deep: { list: [-0, { y: -0 }] } };
  const taken = { x: 0, deep: { list: [0, { y: 0 }] } };

  await outcome(manager.apply({ type: "measured", target: "c", data: given }));
  await outcome(manager.apply(card));
  const patched: AskedChange = { type: "card_patched", target: "c", data: given };
  await outcome(manager.apply(patched));

  expect(manager.state.metrics.get("c")).toEqual({ id: "c", ...taken });
  expect(manager.state.cards.get("c")).toEqual({ id: "c", ...card.data, ...taken });
  expect(told.at(-1)?.changes[0]?.data).toEqual(taken);
});

function doing(deed: (transaction: Transaction) => unknown): Decide<unknown> {
  return (_, transaction) => {
    deed(transaction);
    return [];
  };
}

function adding(space: string, changes: readonly AskedChange[] = [card]): Decide<unknown> {
  return doing((transaction) => transaction.add(space, changes));
}

const BAD_NAMES: unknown[] = [
  "",
  "out/\ud800",
  "out/a\0b",
  `out/${"x".repeat(512)}`,
  "__proto__",
  7,
  null,
  {},
  Symbol("s"),
];

test.each(BAD_NAMES)("[S4] %s is refused as the name of a space, wherever one is named", async (name) => {
  const space = name as string;
  const calls = [
    manager.transact(() => []), // An innocent one beside them.
    manager.apply(card, { space }),
    manager.transact(() => [], { space }),
    manager.transact(adding(space)),
    manager.transact(adding(space, [])),
    manager.transact(doing((transaction) => transaction.state(space))),
    manager.transact(doing((transaction) => transaction.removeSpace(space, { archive: true }))),
  ];
  const [innocent, ...refused] = await Promise.all(calls.map(outcome));

  expect(innocent).toMatchObject({ version: 0 });
  for (const error of refused) expect(error).toMatchObject({ code: "invalid_change" });
  expect(manager.spaces()).toEqual(["main"]);
});

test("[S4] a space can't be declared by a name that none may have", async () => {
  for (const name of ["\ud800/", "a\0/", "constructor"]) {
    await expect(
      StateManager.openWith({ model, spaces: { [name]: model }, store: memoryStore() }, runtime),
    ).rejects.toThrow("rule S4");
  }
});

const LONG = "x".repeat(MAX_KEY_LENGTH + 1);
const BAD_OPTIONS: [string, unknown][] = [
  ["that are null", null],
  ["whose key is null", { key: null }],
  ["whose key is a text", { key: "k" }],
  ["whose key has no body hash", { key: { id: "a", bodyHash: undefined } }],
  ["whose key has a number for a body hash", { key: { id: "a", bodyHash: 7 } }],
  ["whose key has a long body hash", { key: { id: "a", bodyHash: LONG } }],
  ["whose key has no id", { key: { bodyHash: "h" } }],
  ["whose key has an empty id", { key: { id: "", bodyHash: "h" } }],
  ["whose key has a long id", { key: { id: LONG, bodyHash: "h" } }],
  ["whose key is half of a surrogate pair", { key: { id: "\ud800", bodyHash: "h" } }],
  ["whose key holds U+0000", { key: { id: "a\0", bodyHash: "h" } }],
  ["whose key is an object", { key: { id: {}, bodyHash: "h" } }],
  ["that are ephemeral in a word", { ephemeral: "yes" }],
];

test.each(BAD_OPTIONS)("[A3] options %s fail that call alone", async (_, options) => {
  const given = options as TransactOptions;
  const calls = [manager.apply(card, given), manager.transact(() => [card], given), manager.apply(card)];

  const [applied, decided, innocent] = await Promise.all(calls.map(outcome));

  expect(applied).toMatchObject({ code: "invalid_change" });
  expect(decided).toMatchObject({ code: "invalid_change" });
  expect(innocent).toMatchObject({ version: 1 });
});

test("[D1] a key is as it was when the call was made", async () => {
  const key = { id: "k", bodyHash: "h" };
  const first = manager.transact(() => [card], { key });
  key.id = "\ud800";
  key.bodyHash = "another";
  await outcome(first);

  const repeat = await outcome(manager.transact(() => [card], { key: { id: "k", bodyHash: "h" } }));

  expect(repeat).toMatchObject({ replayed: true, version: 1 });
});

const loop: Record<string, unknown> = {};
loop.self = loop;
const thrower = new Proxy([], {
  get: () => {
    throw new Error("a trap");
  },
});
const unreadable = {
  get changes(): never {
    throw new Error("a getter");
  },
};

const BAD_DECISIONS: [string, unknown][] = [
  ["nothing", undefined],
  ["null", null],
  ["a text", "card_put"],
  ["an object without changes", {}],
  ["a set of changes", new Set([card])],
  ["a list with a hole", new Array(1)],
  ["a list that ends in a hole", Object.assign([card], { length: 2 })],
  ["a list of no change", [7]],
  ["a change of a type that is no text", [{ ...card, type: ["card_put"] }]],
  ["a change whose target is no text", [{ ...card, target: { toString: () => "c" } }]],
  ["a bigint in an answer", { changes: [card], answer: 1n }],
  ["a loop in an answer", { changes: [card], answer: loop }],
  ["a function in an answer", { changes: [card], answer: { run: () => 1 } }],
  ["a date in an answer", { changes: [card], answer: { at: new Date(0) } }],
  ["half of a surrogate pair in an answer", { changes: [card], answer: "\ud800" }],
  ["a number that isn't finite in an answer", { changes: [card], answer: [Number.NaN] }],
  ["what writes itself in an answer", { changes: [card], answer: { toJSON: () => "mine" } }],
];

test.each(BAD_DECISIONS)(
  "[A3] a decision that gives %s fails alone, with nothing of it stored",
  async (_, decision) => {
    const key = { id: "k", bodyHash: "h" };
    const calls = [
      manager.transact(() => decision as never),
      manager.transact(() => decision as never, { key }),
      manager.apply({ ...card, target: "d" }),
    ];

    const [alone, keyed, innocent] = await Promise.all(calls.map(outcome));

    expect(alone).toMatchObject({ code: "invalid_change" });
    expect(keyed).toMatchObject({ code: "invalid_change" });
    expect(innocent).toMatchObject({ version: 1 });
    expect([...manager.state.cards.keys()]).toEqual(["d"]);
  },
);

test.each([
  ["a list", thrower],
  ["a getter", unreadable],
  ["a change", [new Proxy(card, { get: () => expect.fail("a trap") })]],
  ["a change's data", [{ ...card, data: new Proxy({}, { ownKeys: () => expect.fail("a trap") }) }]],
])("[A3] %s that throws when it is read rejects its call alone", async (_, decision) => {
  const calls = [manager.transact(() => decision as never), manager.apply({ ...card, target: "d" })];

  const [refused, innocent] = await Promise.all(calls.map(outcome));

  expect(refused).toBeInstanceOf(Error);
  expect(innocent).toMatchObject({ version: 1 });
});

test.each([
  ["what can't be looked at", () => revoked()],
  ["what throws whatever it is asked", () => new Proxy({}, { get: thrown })],
  ["nothing", () => undefined],
  ["what has no text", () => Object.create(null)],
])("[A3] a decision that throws %s rejects its call alone", async (_, make) => {
  const thrownByIt = make();
  const throwing = () => {
    throw thrownByIt;
  };
  const calls = [manager.transact(throwing), manager.apply({ ...card, target: "d" })];

  const settled = Promise.allSettled(calls);
  await runtime.pass(1);
  const [refused, innocent] = await settled;

  expect(refused?.status === "rejected" && Object.is(refused.reason, thrownByIt)).toBe(true);
  expect(innocent).toMatchObject({ value: { version: 1 } });
});

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

function thrown(): never {
  throw new Error("a trap");
}

function raise(error: unknown): never {
  throw error;
}

test("[A3] a change that adds others while it is read is one of one transaction with them", async () => {
  const added = { ...card, target: "d" };
  const deciding = manager.transact((_, transaction) => [
    {
      type: "card_put",
      target: "c",
      get data() {
        transaction.add("main", [added]);
        return {};
      },
    },
  ]);

  expect(await outcome(deciding)).toMatchObject({ version: 2 });
  expect([...manager.state.cards.keys()]).toEqual(["d", "c"]);
});

test("[A3] a decision reaches nothing of its transaction but what it may use", async () => {
  const seen: string[] = [];
  const looking = doing((transaction) => {
    seen.push(...Object.getOwnPropertyNames(transaction));
    seen.push(...Object.getOwnPropertyNames(Object.getPrototypeOf(transaction)));
  });

  await outcome(manager.transact(looking));

  expect(seen.sort()).toEqual(["add", "constructor", "createSpace", "removeSpace", "state", "version"]);
});

test("[A3] a list that iterates as it likes is taken by its places", async () => {
  const changes = Object.assign([card, { ...card, target: "d" }], {
    *[Symbol.iterator]() {
      while (true) yield card;
    },
  });

  expect(await outcome(manager.transact(() => changes))).toMatchObject({ version: 2 });
});

test.each([
  ["that is asynchronous", async () => Promise.reject(new Error("later"))],
  ["whose changes come later", () => ({ changes: Promise.reject(new Error("later")) })],
  ["each of whose changes comes later", () => [Promise.reject(new Error("later"))]],
  ["whose answer comes later", () => ({ changes: [card], answer: Promise.reject(new Error("later")) })],
  [
    "that throws a promise",
    () => {
      throw Promise.reject(new Error("later"));
    },
  ],
  [
    "with something later deep in its answer",
    () => ({ changes: [], answer: { a: [Promise.reject(new Error("later"))] } }),
  ],
  ["with data that comes later", () => [{ ...card, data: Promise.reject(new Error("later")) }]],
])("[A3] a decision %s is refused, and what fails later is no unhandled rejection", async (_, decide) => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => unhandled.push(reason);
  process.on("unhandledRejection", note);

  const refused = await outcome(manager.transact(decide as never));
  const opening = StateManager.openWith({ model, store: memoryStore(), migrate: decide as never }, runtime);
  const migrated = await outcome(opening);
  await new Promise(setImmediate);
  process.off("unhandledRejection", note);

  expect(refused).toMatchObject({ code: "invalid_change" });
  expect(migrated).toMatchObject({ code: "invalid_change" });
  expect(unhandled).toEqual([]);
});

test("[A3] what is handed over in place of a decision, or to `add`, and comes later is refused the same way", async () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => unhandled.push(reason);
  process.on("unhandledRejection", note);
  const later = () => Promise.reject(new Error("later")) as never;
  const once = later();

  const calls = [
    manager.transact(later()),
    manager.apply(later()),
    manager.transact(doing((transaction) => transaction.add("out/1", later()))),
    manager.transact(doing((transaction) => transaction.add("out/1", [later()]))),
    manager.transact(() => [], later()),
    manager.transact(() => [], { key: later() }),
    manager.transact(() => [], { key: { id: "k", bodyHash: later() } }),
    manager.apply(card, { key: later() }),
    manager.apply<string>({ ...card, data: { deep: [later()] } }, { key: { id: "l", bodyHash: "h" } }),
    manager.apply({ ...card, data: { deep: later() } }, { space: "out/1" }),
    manager.apply(new Proxy(card, { get: () => raise(once) })),
  ];
  const refused = await Promise.all(calls.map(outcome));
  await new Promise(setImmediate);
  process.off("unhandledRejection", note);

  for (const error of refused) expect(error).toMatchObject({ code: "invalid_change" });
  expect(unhandled).toEqual([]);
});

test("[E6] a space that is given out is read and can't be altered, by whoever asks for it or follows", async () => {
  await outcome(manager.apply({ type: "card_put", target: "a", data: {} }));
  const space = manager.space("main") as unknown as Record<string, unknown>;

  for (const name of ["head", "removed", "name", "state", "bytes", "commit"]) {
    expect(() => Object.assign(space, { [name]: 7 })).toThrow(TypeError);
  }

  const inner = ["commit", "folded", "adopt", "trimTombstones", "keepIndexes", "entry"];
  expect(inner.filter((name) => name in space)).toEqual([]);
  expect(told[0]?.space).toBe(space);
  expect(space.head).toBe(1);
  expect([space.name, space.removed, space.records, space.tombstones]).toEqual(["main", false, 1, 0]);
});
