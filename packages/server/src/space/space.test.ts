import {
  type AskedChange,
  applyDiff,
  type Change,
  collection,
  type Diff,
  defineModel,
  digestOf,
  type MutableState,
  patch,
  put,
  remove,
  type StateRecord,
} from "@neverstale/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { z } from "zod";
import { StateManager } from "../authority/state-manager.ts";
import { SyncHub } from "../followers/sync-hub.ts";
import { TestWire, VirtualRuntime } from "../runtime/virtual-runtime-suite.ts";
import { memoryStore } from "../store/memory.ts";

const model = defineModel({
  model: 1,
  collections: {
    hosts: collection(null),
    events: collection(null, { keep: { newest: 3 } }),
    jobs: collection(null, { keep: { newest: 2, where: { status: ["done", "failed"] } } }),
  },
  changes: {
    host_added: put("hosts"),
    host_updated: patch("hosts"),
    host_removed: remove("hosts"),
    event: put("events"),
    job_changed: put("jobs"),
    job_updated: patch("jobs"),
  },
});

const field = fc.constantFrom("a", "b", "c");
const value = fc.oneof(
  fc.integer({ min: 0, max: 3 }),
  fc.constant(null),
  fc.record({ x: fc.integer({ min: 0, max: 2 }) }),
);
const data = fc.dictionary(field, value, { maxKeys: 3, noNullPrototype: true });
const target = fc.constantFrom("1", "2", "3", "4");
const status = fc.constantFrom("running", "done", "failed");
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ type: fc.constantFrom("host_added", "host_updated", "host_removed", "event"), target, data }),
  fc.record({ type: fc.constantFrom("job_changed", "job_updated"), target, data: fc.record({ status }) }),
);
const step = fc.oneof(
  { weight: 20, arbitrary: fc.record({ changes: fc.array(change, { minLength: 1, maxLength: 4 }) }) },
  { weight: 1, arbitrary: fc.constant("restart" as const) },
  { weight: 1, arbitrary: fc.constant("fold" as const) },
);

function copyOf(state: Readonly<Record<string, ReadonlyMap<string, StateRecord>>>): MutableState {
  return Object.fromEntries(Object.entries(state).map(([name, records]) => [name, new Map(records)]));
}

function openManager(store: ReturnType<typeof memoryStore>, runtime: VirtualRuntime) {
  return StateManager.openWith({ model, store, limits: { tombstones: 2, foldMs: 1_000 } }, runtime);
}

/** What a diff says of one record: the fields that moved, or null where it has the whole record or its removal. */
function fieldsIn(moved: Diff[string] | undefined, id: string): readonly string[] | null {
  const { put = [], set = {}, unset = {}, remove = [] } = moved ?? {};
  if (put.some((record) => record.id === id) || remove.includes(id)) return null;
  const fields = new Set([...Object.keys(set[id] ?? {}), ...(unset[id] ?? [])]);
  return expect.toSatisfy(
    (got: readonly string[]) => got.length === fields.size && got.every((one) => fields.has(one)),
  );
}

test("[A5] from every version that can be diffed, the diff leads to the state and the digest of the head", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const runtime = new VirtualRuntime();
      let store = memoryStore();
      let manager = await openManager(store, runtime);
      const states = new Map<number, MutableState>([[0, copyOf(manager.state)]]);
      for (const action of steps) {
        if (action === "fold") await runtime.pass(1_100);
        else if (action === "restart") {
          store = memoryStore({ data: store.dump() });
          manager = await openManager(store, runtime);
        } else {
          const done = manager.transact(() => action.changes);
          await runtime.pass(1);
          await done;
          states.set(manager.version, copyOf(manager.state));
        }
      }
      const space = manager.space("main");
      for (const [version, state] of states) {
        if (space === null || !space.canDiffFrom(version)) continue;
        const diff = space.diffSince(version);
        for (const id of ["1", "2", "3", "4"])
          expect(space.fieldsMovedSince("hosts", id, version)).toEqual(fieldsIn(diff.hosts, id));
        expect(applyDiff(state, diff)).toBe(true);
        expect(copyOf(manager.state)).toEqual(state);
        expect(digestOf(state)).toBe(space.digest());
      }
      expect(manager.state.events.size).toBeLessThanOrEqual(3);
    }),
    { numRuns: 300 },
  );
});

test("[S3] the oldest touched of the records that match leave, into the history; the others are not counted", async () => {
  const runtime = new VirtualRuntime();
  const manager = await openManager(memoryStore(), runtime);
  const job = (id: string, state: string): Change => ({ type: "job_changed", target: id, data: { status: state } });

  const done = manager.transact(() => [job("r", "running"), job("1", "done"), job("2", "done"), job("r2", "running")]);
  const last = manager.transact(() => [
    { type: "job_updated", target: "1", data: { note: "touched" } },
    job("3", "failed"),
  ]);
  await runtime.pass(1);
  await Promise.all([done, last]);

  expect([...manager.state.jobs.keys()].sort()).toEqual(["1", "3", "r", "r2"]);
  expect(manager.version).toBe(7);
  expect((await last).version).toBe(7);
  const history = await manager.history({ space: "main", limit: 10 });
  expect(history).toMatchObject([{ collection: "jobs", id: "2", version: 7, record: { id: "2", status: "done" } }]);
});

test("[S2] a patch or remove of an id that isn't there takes a version and changes nothing", async () => {
  const runtime = new VirtualRuntime();
  const manager = await openManager(memoryStore(), runtime);

  const done = manager.transact(() => [
    { type: "host_updated", target: "x", data: { a: 1 } },
    { type: "host_removed", target: "x", data: {} },
  ]);
  await runtime.pass(1);

  expect((await done).version).toBe(2);
  expect(manager.state.hosts.size).toBe(0);
  expect(manager.space("main")?.diffSince(0)).toEqual({});
});

test("[A5] a record whose fields come and go without end is sent whole, not stamped without end", async () => {
  const runtime = new VirtualRuntime();
  const manager = await openManager(memoryStore(), runtime);
  const added = manager.apply({ type: "host_added", target: "1", data: { a: 1 } });
  await runtime.pass(1);
  await added;

  const all: Promise<unknown>[] = [];
  for (let i = 0; i < 100; i += 1) {
    all.push(manager.apply({ type: "host_updated", target: "1", data: { [`f${i}`]: i, [`f${i - 1}`]: null } }));
  }
  await runtime.pass(1);
  await Promise.all(all);

  expect(manager.space("main")?.diffSince(1)).toEqual({ hosts: { put: [{ id: "1", a: 1, f99: 99 }] } });
});

test("[S4] ids named like members of Object.prototype are only ids", async () => {
  const runtime = new VirtualRuntime();
  const manager = await openManager(memoryStore(), runtime);
  const added = manager.apply({ type: "host_added", target: "toString", data: { a: 1, valueOf: 2 } });
  await runtime.pass(1);
  await added;
  const patched = manager.apply({ type: "host_updated", target: "toString", data: { a: null, valueOf: null } });
  await runtime.pass(1);
  await patched;

  expect(manager.space("main")?.diffSince(1).hosts).toEqual({ unset: { toString: ["a", "valueOf"] } });
});

test("[S3] the authority's own change is taken from nobody else", async () => {
  const runtime = new VirtualRuntime();
  const manager = await openManager(memoryStore(), runtime);
  const asked: AskedChange = { type: "record_evicted", target: "", data: { collection: "hosts", id: "1" } };
  const outcome = Promise.allSettled([manager.apply(asked)]);
  await runtime.pass(1);

  expect(await outcome).toMatchObject([{ reason: { code: "invalid_change" } }]);
});

test("a record that went between two folds stays gone, though its tombstone was trimmed before the second", async () => {
  const runtime = new VirtualRuntime();
  const store = memoryStore();
  const manager = await openManager(store, runtime);
  const host = (type: string, target: string) => ({ type, target, data: {} }) as const;
  const ids = ["1", "2", "3", "4"];
  const apply = async (changes: readonly Change[]) => {
    const done = manager.transact(() => changes);
    await runtime.pass(1);
    await done;
  };
  await apply(ids.map((id) => host("host_added", id)));
  await runtime.pass(1_500);

  await apply(ids.map((id) => host("host_removed", id)));
  await apply([host("host_added", "1")]);
  await runtime.pass(1_500);

  const again = await openManager(memoryStore({ data: store.dump() }), runtime);
  expect([...again.state.hosts.keys()]).toEqual(["1"]);
});

test("[E6] a collection whose records were removed may leave the model: older positions get a full state", async () => {
  const runtime = new VirtualRuntime();
  const store = memoryStore();
  const manager = await openManager(store, runtime);
  for (const change of [
    { type: "host_added", target: "1", data: {} },
    { type: "host_removed", target: "1", data: {} },
  ]) {
    const done = manager.apply(change);
    await runtime.pass(1);
    await done;
  }
  await runtime.pass(1_500);
  const without = defineModel({
    model: 2,
    collections: { events: collection(null) },
    changes: { event: put("events") },
  });

  const later = await StateManager.openWith({ model: without, store: memoryStore({ data: store.dump() }) }, runtime);
  const main = later.space("main");
  expect(later.version).toBe(2);
  expect([main?.canDiffFrom(1), main?.canDiffFrom(2)]).toEqual([false, true]);
});

test("[S1] a record is validated after the change is applied, and what the validator gives is stored", async () => {
  const Host = z.object({ id: z.string(), cpu: z.number().max(100).default(0), name: z.string().trim().optional() });
  const validated = defineModel({
    model: 1,
    collections: { hosts: collection(Host) },
    changes: { host_added: put("hosts"), host_updated: patch("hosts") },
  });
  const runtime = new VirtualRuntime();
  const manager = await StateManager.openWith({ model: validated, store: memoryStore() }, runtime);
  // The schema fills in what is left out.
  const withDefaults: AskedChange = { type: "host_added", target: "web-1", data: { name: " web ", other: 1 } };
  const withMore: AskedChange = { type: "host_updated", target: "web-1", data: { cpu: 5, name: null, other: 2 } };
  const outcomes = Promise.allSettled([
    manager.apply(withDefaults),
    manager.apply({ type: "host_updated", target: "web-1", data: { cpu: 101 } }),
    manager.apply(withMore),
  ]);
  await runtime.pass(1);

  expect(await outcomes).toMatchObject([
    { value: { version: 1 } },
    { reason: { code: "invalid_change" } },
    { value: { version: 2 } },
  ]);
  expect([...manager.state.hosts.values()]).toEqual([{ id: "web-1", cpu: 5 }]);
  expect((await manager.log({ space: "main", afterVersion: 0, limit: 9 })).map(({ change }) => change.data)).toEqual([
    { id: "web-1", cpu: 0, name: "web" },
    { cpu: 5, name: null },
  ]);
});

test("[P4] frames for readers at many positions are not kept without end while nothing is committed", async () => {
  const runtime = new VirtualRuntime();
  const manager = await openManager(memoryStore(), runtime);
  const hub = new SyncHub(manager, { frames: runtime.frames });
  const added = Array.from({ length: 300 }, (_, i) =>
    manager.apply({ type: "host_added", target: `${i}`, data: { text: "x".repeat(1_000) } }),
  );
  for (const one of added) {
    await runtime.pass(1);
    await one;
  }
  const encode = runtime.frames.encode;
  let encoded = 0;
  runtime.frames.encode = (text) => {
    encoded += 1;
    return encode(text);
  };
  const resume = (version: number) =>
    hub.attach(new TestWire(), {
      space: "main",
      profile: "v1",
      resume: { epoch: manager.epoch, space: manager.space("main")?.creationId ?? "", version },
      subject: null,
    });
  for (let version = 1; version < 300; version += 1) resume(version);
  const first = encoded;
  resume(1);

  expect(encoded).toBeGreaterThan(first);
});
