import { type Change, collection, defineModel, type Model, patch, put, remove } from "@neverstale/protocol";
import { beforeEach, expect, test } from "vitest";
import { VirtualRuntime } from "../../runtime/virtual-runtime-suite.ts";
import { changesOfText } from "../../store/change-text.ts";
import { memoryStore } from "../../store/memory.ts";
import type { MemoryData } from "../../store/memory-database.ts";
import { StateManager } from "../state-manager.ts";

const released = defineModel({
  model: 1,
  collections: { hosts: collection(null), events: collection(null, { keep: { newest: 2 } }) },
  changes: {
    host_added: put("hosts"),
    host_updated: patch("hosts"),
    host_removed: remove("hosts"),
    job_started: put("hosts"),
    event: put("events"),
    event_removed: remove("events"),
  },
});

let runtime: VirtualRuntime;

beforeEach(() => {
  runtime = new VirtualRuntime();
});

/** What a process that was killed leaves of these calls: a log, with a fold after the first `folded` of them. */
async function logOf(calls: readonly (readonly Change[])[], folded = 0): Promise<MemoryData> {
  const store = memoryStore();
  const manager = await StateManager.openWith({ model: released, store }, runtime);
  for (const [n, changes] of calls.entries()) {
    const done = manager.transact(() => changes);
    await runtime.pass(n + 1 === folded ? 1_100 : 1);
    await done;
  }
  return store.dump();
}

/** As it was stored before the log said what its types were. */
function withoutRules(data: MemoryData): MemoryData {
  const chain = data.chain.map((entry) => {
    if (entry.type === "takeover") return entry;
    const moves = entry.moves.map((planned) => {
      if (planned.changes === null || planned.changes.text === "") return planned;
      const { changes } = changesOfText(planned.changes.text);
      return { ...planned, changes: { text: JSON.stringify(changes) } };
    });
    return { ...entry, moves };
  });
  return { ...data, chain };
}

function opened<M extends Model>(model: M, data: MemoryData): Promise<StateManager<M>> {
  return StateManager.openWith({ model, store: memoryStore({ data }) }, runtime);
}

const CALLS: readonly (readonly Change[])[] = [
  [{ type: "host_added", target: "web-1", data: { ip: "10.0.0.1" } }],
  [{ type: "host_updated", target: "web-1", data: { status: "up" } }],
  [{ type: "job_started", target: "job-1", data: { n: 1 } }],
];

test("[E6] a log means the same for ever: types whose kind or collection moved are replayed as they were meant", async () => {
  const data = await logOf(CALLS);
  const later = defineModel({
    model: 2,
    collections: { hosts: collection(null), tasks: collection(null) },
    changes: { host_added: put("hosts"), host_updated: put("hosts"), job_started: put("tasks") },
  });

  const manager = await opened(later, data);

  expect([...manager.state.hosts.values()]).toEqual([
    { id: "web-1", ip: "10.0.0.1", status: "up" },
    { id: "job-1", n: 1 },
  ]);
  expect([manager.version, manager.state.tasks.size]).toEqual([3, 0]);
  const log = await manager.log({ space: "main", afterVersion: 0, limit: 9 });
  expect(log.map(({ change }) => change.type)).toEqual(["host_added", "host_updated", "job_started"]);
});

test("[E6] a type that was dropped is replayed: a deploy after a crash starts", async () => {
  const data = await logOf(CALLS);
  const later = defineModel({ model: 2, collections: { hosts: collection(null) }, changes: {} });

  const manager = await opened(later, data);

  expect([...manager.state.hosts.keys()]).toEqual(["web-1", "job-1"]);
});

test("[E6] what was stored before the log said what its types were is read with the model given", async () => {
  const data = withoutRules(await logOf(CALLS));

  const manager = await opened(released, data);
  const { host_updated: _, ...changes } = released.changes;

  expect([...manager.state.hosts.values()]).toEqual([
    { id: "web-1", ip: "10.0.0.1", status: "up" },
    { id: "job-1", n: 1 },
  ]);
  await expect(opened({ ...released, changes }, data)).rejects.toMatchObject({
    code: "store_damaged",
    hint: expect.stringContaining("stop it cleanly"),
  });
});

const EVENTS: readonly (readonly Change[])[] = [1, 2, 3].map((n) => [
  { type: "event", target: "", data: { id: `e${n}` } },
]);
const withoutEvents = defineModel({
  model: 2,
  collections: { hosts: collection(null) },
  changes: { host_added: put("hosts") },
});

test.each([0, 2])(
  "[E6] a collection that was dropped and still holds records is refused with what to do, folded after %i",
  async (folded) => {
    const data = await logOf(EVENTS, folded);

    const opening = opened(withoutEvents, data);

    await expect(opening).rejects.toMatchObject({
      code: "store_damaged",
      message: expect.stringContaining('"events"'),
      hint: expect.stringContaining("`migrate`"),
    });
  },
);

test.each([0, 5])(
  "[E6] a collection that its last changes emptied, by evictions too, may be dropped, folded after %i",
  async (folded) => {
    const removed = ["e2", "e3"].map((target): Change => ({ type: "event_removed", target, data: {} }));
    const added: Change = { type: "host_added", target: "web-1", data: {} };
    const data = await logOf([[added], ...EVENTS, removed], folded);

    const store = memoryStore({ data });
    const manager = await StateManager.openWith({ model: withoutEvents, store }, runtime);
    const main = manager.space("main");
    await runtime.pass(1_100);
    const again = await opened(withoutEvents, store.dump());

    expect(Object.keys(manager.state)).toEqual(["hosts"]);
    expect(manager.capture().collections.map(({ name }) => name)).toEqual(["hosts"]);
    expect([main?.canDiffFrom(manager.version - 1), main?.canDiffFrom(manager.version)]).toEqual([false, true]);
    expect([again.version, again.space("main")?.digest()]).toEqual([7, main?.digest()]);
    expect(store.dump().spaces[0]?.records.map(({ collection }) => collection)).toEqual(["hosts"]);
  },
);
