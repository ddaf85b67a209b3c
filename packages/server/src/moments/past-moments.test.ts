import {
  type AnyViews,
  type AskedChange,
  collection,
  defineModel,
  defineView,
  everything,
  patch,
  put,
  remove,
  through,
  type WireState,
} from "@neverstale/protocol";
import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { StateManager } from "../authority/state-manager.ts";
import { SyncHub } from "../followers/sync-hub.ts";
import { TestWire, VirtualRuntime } from "../runtime/virtual-runtime-suite.ts";
import { type SpaceView, spaceOf } from "../space/space-view.ts";
import { memoryStore } from "../store/memory.ts";
import type { PointStore } from "../store/points/point-store.ts";
import { MOMENT_SETTINGS, type MomentSettings } from "./moment-settings.ts";
import { type MomentName, PastMoments, type PastMomentsParts, type PastState } from "./past-moments.ts";
import { shownThen } from "./shown-then.ts";
import { Turn } from "./turn.ts";

type Host = { readonly id: string; readonly tags: readonly string[]; readonly n?: number };

const model = defineModel({
  model: 1,
  collections: {
    hosts: collection<Host>(null),
    runs: collection<{ readonly id: string; readonly host: string }>(null, { keep: { newest: 3 } }),
  },
  changes: { host_put: put("hosts"), host_set: patch("hosts"), host_gone: remove("hosts"), run_put: put("runs") },
});
const views = defineView(model, {
  keys: { hosts: ({ tags }) => tags.map((tag) => `tag:${tag}`), runs: through("hosts", "host") },
  roles: { seer: { hosts: "*", runs: "*" } },
});
const seerOf = (...tags: readonly string[]) =>
  views.of(Object.fromEntries(tags.map((tag) => [`tag:${tag}`, "seer" as const])));

let runtime: VirtualRuntime;
let store: ReturnType<typeof memoryStore>;
let manager: StateManager<typeof model>;

beforeEach(async () => {
  runtime = new VirtualRuntime();
  store = memoryStore();
  manager = await opened();
});

async function opened(moments: Partial<MomentSettings> = { baseChanges: 10 }) {
  const declared = [views as unknown as AnyViews];
  const made = await StateManager.openWith({ model, views: declared, store, moments }, runtime);
  await runtime.pass(100);
  return made;
}

/** It lets time pass until the promise is settled. */
async function within<T>(promise: Promise<T>): Promise<T> {
  let isSettled = false;
  promise.then(
    () => (isSettled = true),
    () => (isSettled = true),
  );
  for (let step = 0; step < 1_000 && !isSettled; step += 1) await runtime.pass(5);
  return promise;
}

const doing = (...changes: readonly AskedChange[]) =>
  within(manager.transact(() => changes as never)).then(() => runtime.pass(20));
const at = (name: MomentName, view: Parameters<typeof manager.stateAt>[1] = everything) =>
  within(manager.stateAt(name, view));

const host = (id: string, tags: readonly string[] = ["web"], n = 0) =>
  ({ type: "host_put", target: id, data: { tags, n } }) as const;
const run = (id: string, of: string) => ({ type: "run_put", target: id, data: { host: of } }) as const;

function stateIn(past: PastState): WireState {
  if (past.type !== "state") throw new Error(`there is no state: ${past.type}`);
  return Object.fromEntries(past.collections.map(({ name, records }) => [name, records]));
}

const idsIn = (past: PastState) =>
  Object.fromEntries(
    Object.entries(stateIn(past)).map(([name, records]) => [name, records.map(({ id }) => id).sort()]),
  );

const sorted = (state: WireState) =>
  Object.fromEntries(
    Object.entries(state).map(([name, records]) => [name, records.toSorted((a, b) => (a.id < b.id ? -1 : 1))]),
  );

describe("the state at a version", () => {
  const ids = ["a", "b", "c"];
  const anyHost = fc.constantFrom(...ids);
  const anyTags = fc.subarray(["web", "db"]);
  const anyChange: fc.Arbitrary<AskedChange> = fc.oneof(
    fc.record({ id: anyHost, tags: anyTags, n: fc.nat(3) }).map(({ id, tags, n }) => host(id, tags, n)),
    fc.record({ id: fc.constantFrom("1", "2", "3", "4", "5"), of: anyHost }).map(({ id, of }) => run(id, of)),
    anyHost.map((target) => ({ type: "host_gone", target, data: {} })),
  );

  test("is what a client had at that version, with the digest that it was told, whatever happened since", async () => {
    const groups = fc.array(
      fc.oneof(fc.array(anyChange, { minLength: 1, maxLength: 4 }), fc.constant("restart" as const)),
      {
        minLength: 4,
        maxLength: 30,
      },
    );
    await fc.assert(
      fc.asyncProperty(groups, async (steps) => {
        runtime = new VirtualRuntime();
        store = memoryStore();
        manager = await opened({ baseChanges: 5, states: 1 });
        const told = new Map<number, { digest: string; state: WireState; web: WireState }>();
        const note = () => {
          const { version, digest, collections } = manager.capture();
          const state = Object.fromEntries(collections.map(({ name, records }) => [name, records]));
          const web = manager.capture("main", seerOf("web")).collections;
          told.set(version, {
            digest,
            state,
            web: Object.fromEntries(web.map(({ name, records }) => [name, records])),
          });
        };
        note();
        for (const step of steps) {
          if (step === "restart") {
            await within(manager.close());
            manager = await opened({ baseChanges: 5, states: 1 });
          } else await doing(...step);
          note();
        }

        for (const [version, { digest, state }] of [...told].reverse()) {
          const past = await at({ version });
          expect(past).toMatchObject({ type: "state", version, digest });
          expect(sorted(stateIn(past))).toEqual(sorted(state));
        }
        const newest = told.get(manager.version);
        expect(sorted(stateIn(await at({ version: manager.version }, seerOf("web"))))).toEqual(
          sorted(newest?.web ?? {}),
        );
        await within(manager.close());
      }),
      { numRuns: 25 },
    );
  });

  test("is one that was shown: a version within a transaction stands for the state before that", async () => {
    await doing(host("a"));
    await doing(host("b"), host("c"));

    expect(idsIn(await at({ version: 2 }))).toEqual({ hosts: ["a"], runs: [] });
    expect(await at({ version: 2 })).toMatchObject({ version: 1, next: 3 });
    expect(await at({ version: 3 })).toMatchObject({ version: 3, next: null });
  });

  test("may be named by its time", async () => {
    await doing(host("a"));
    await runtime.pass(60_000);
    const before = runtime.wallTime();
    await runtime.pass(60_000);
    await doing(host("b"));

    expect(await at({ time: before })).toMatchObject({ version: 1 });
    expect(await at({ time: runtime.wallTime() })).toMatchObject({ version: 2 });
  });

  test("says that it is not there where it is too old, or not given out yet, or of another history", async () => {
    const empty = await manager.reach();
    await doing(host("a"));
    const { epoch } = manager;

    expect(empty).toMatchObject({ from: { version: 0 }, to: { version: 0 } });
    expect(await at({ time: 0 })).toMatchObject({
      type: "before",
      reach: { from: { version: 0 }, to: { version: 1 } },
    });
    expect(await at({ version: 2 })).toMatchObject({ type: "ahead" });
    expect(await at({ version: 2, epoch })).toMatchObject({ type: "ahead" });
    expect(await at({ version: 1, epoch: "elsewhere" })).toMatchObject({ type: "other_history" });
    expect(await at({ version: 1, epoch })).toMatchObject({ type: "state", epoch });
  });

  test("is of another history once an older backup was restored, and no base of the lost one is gone on from", async () => {
    await doing(host("a"));
    const backup = store.dump();
    for (let n = 0; n < 30; n += 1) await doing(host("b", ["web"], n));
    const lost = { version: 12, epoch: manager.epoch };
    await within(manager.close());
    store = memoryStore({ data: backup });
    manager = await opened();
    for (let n = 0; n < 15; n += 1) await doing(host("c", ["web"], n));

    expect(await at(lost)).toMatchObject({ type: "other_history" });
    expect(idsIn(await at({ version: 12 }))).toEqual({ hosts: ["a", "c"], runs: [] });
  });
});

describe("what the store says of the past", () => {
  test("is passed over where it is damaged, and bases are kept as before", async () => {
    await doing(host("a"));
    await store.appendPoints([{ step: -1, at: 1, series: " facts", text: '{"version":1' }]);

    expect(await manager.reach()).toMatchObject({ from: { version: 0 } });
    for (let n = 0; n < 25; n += 1) await doing(host("a", ["web"], n));
    expect([manager.metrics()["moment_base_failures_total"], await at({ version: 25 })]).toMatchObject([
      0,
      { version: 25 },
    ]);
  });

  const momentsWith = (parts: Partial<PastMomentsParts>) =>
    new PastMoments({
      points: store,
      readLog: (query) => store.readLog(query),
      space: () => spaceOf(manager.space("main") as SpaceView),
      epoch: () => manager.epoch,
      runtime,
      settings: MOMENT_SETTINGS,
      ...parts,
    });

  test("is too old where its base is let go of while it is read, and nothing is damaged", async () => {
    for (let n = 0; n < 22; n += 1) await doing(host("a", ["web"], n));
    const points: PointStore = {
      appendPoints: (rows) => store.appendPoints(rows),
      readPoints: (query) => store.readPoints(query),
      listPoints: async () => {
        await store.dropPoints({ step: -1, from: 0, before: 11 });
        return [];
      },
      pointTimes: (query) => store.pointTimes(query),
      dropPoints: (gone) => store.dropPoints(gone),
    };

    const past = await within(momentsWith({ points }).at({ version: 12 }, everything));

    expect(past).toMatchObject({ type: "before", reach: { from: { version: 20 } } });
  });

  test("is not told, nor kept, where the history is dropped while it is read", async () => {
    for (let n = 0; n < 5; n += 1) await doing(host("a", ["web"], n));
    let isDropped = true;
    const moments: PastMoments = momentsWith({
      readLog: (query) => {
        if (isDropped && query.limit > 1) moments.forget();
        return store.readLog(query);
      },
    });

    await expect(within(moments.at({ version: 5 }, everything))).rejects.toMatchObject({ code: "store_unavailable" });
    expect(moments.metrics()["moment_states"]).toBe(0);
    isDropped = false;
    expect(await within(moments.at({ version: 5 }, everything))).toMatchObject({ type: "state", version: 5 });
  });
});

describe("what somebody sees of the past", () => {
  test("is what he could see then and may see now, by the grants of today", async () => {
    await doing(host("mine"), host("came", ["db"]), host("went"));
    const then = manager.version;
    await doing(host("came", ["web"]), host("went", ["db"]));

    expect(idsIn(await at({ version: then }, seerOf("web")))).toEqual({ hosts: ["mine"], runs: [] });
    expect(idsIn(await at({ version: then }, seerOf("db")))).toEqual({ hosts: [], runs: [] });
    expect(idsIn(await at({ version: then }, seerOf("web", "db")))).toEqual({
      hosts: ["came", "mine", "went"],
      runs: [],
    });
    expect(idsIn(await at({ version: then }))).toEqual({ hosts: ["came", "mine", "went"], runs: [] });
  });

  test("of a record that is gone goes by the one that it has its keys of", async () => {
    await doing(host("mine"), host("went"), run("1", "mine"), run("2", "went"));
    const then = manager.version;
    await doing(run("3", "mine"), run("4", "mine"), run("5", "mine"), host("went", ["db"]));

    expect(manager.state.runs.has("2")).toBe(false);
    expect(idsIn(await at({ version: then }, seerOf("web")))).toEqual({ hosts: ["mine"], runs: ["1"] });
  });

  test("of a host that is gone is that host, and nothing that went through it", async () => {
    await doing(host("gone"), run("1", "gone"));
    const then = manager.version;
    await doing({ type: "host_gone", target: "gone", data: {} }, run("2", "x"), run("3", "x"), run("4", "x"));

    expect(idsIn(await at({ version: then }, seerOf("web")))).toEqual({ hosts: ["gone"], runs: [] });
  });

  test("is nothing where nobody has said it", async () => {
    await expect(manager.stateAt({ version: 0 })).rejects.toMatchObject({ code: "forbidden" });
  });

  test("is put together in slices, between which everybody else has a turn", async () => {
    await doing(...Array.from({ length: 200 }, (_, n) => host(`h${n}`, n % 2 === 0 ? ["web"] : ["db"])));
    const space = spaceOf(manager.space("main") as SpaceView);
    let [now, pauses] = [0, 0];
    const pause = async () => {
      pauses += 1;
    };
    const later = () => {
      now += 10;
      return now;
    };
    const turn = new Turn({ now: later, pause, rebuildMs: 60_000 });

    const { digest } = await shownThen(space, space, seerOf("web"), turn);

    expect(digest).toBe(manager.capture("main", seerOf("web")).digest);
    expect(pauses).toBeGreaterThanOrEqual(5);
  });

  test("has the digest of what is shown", async () => {
    await doing(host("a"), host("b", ["db"]));

    const past = await at({ version: manager.version }, seerOf("web"));

    expect(past).toMatchObject({ digest: manager.capture("main", seerOf("web")).digest });
  });
});

describe("what the past may cost", () => {
  async function grown(settings: Partial<MomentSettings>, changes: number) {
    await within(manager.close());
    store = memoryStore();
    manager = await opened(settings);
    for (let n = 0; n < changes; n += 1) await doing(host(`h${n % 3}`, ["web"], n));
  }
  const metric = (name: string) => manager.metrics()[name];

  test("[B165] beyond those that wait, the next one is told to come again", async () => {
    await grown({ baseChanges: 10, waiting: 2 }, 5);
    const asked = Array.from({ length: 5 }, () => manager.stateAt({ version: 3 }, everything));

    const outcomes = await within(Promise.allSettled(asked));

    expect(outcomes.map(({ status }) => status)).toEqual([
      "fulfilled",
      "fulfilled",
      "fulfilled",
      "rejected",
      "rejected",
    ]);
    expect(outcomes[4]).toMatchObject({ reason: { code: "too_many_requests", retryAfterMs: 1_000 } });
    expect(metric("moments_refused_total")).toBe(2);
  });

  test("[B166] so many states of so many bytes are kept, and the next moment is made of one of them", async () => {
    await grown({ baseChanges: 10, states: 2 }, 30);
    for (const version of [5, 6, 15, 25, 26]) await at({ version });

    expect(metric("moments_made_total")).toBe(3);
    expect(metric("moment_states")).toBe(2);
    await grown({ baseChanges: 10, stateBytes: 10 }, 5);
    await at({ version: 5 });
    expect([metric("moment_states"), metric("moment_state_bytes")]).toEqual([0, 0]);
  });

  test("[B167] the oldest bases go beyond their number and their size, and the reach becomes shorter", async () => {
    await grown({ baseChanges: 10, bases: 3 }, 60);
    const byNumber = await manager.reach();
    expect([metric("moment_bases"), byNumber?.from.version]).toEqual([3, 40]);
    expect(await at({ version: 39 })).toMatchObject({ type: "before" });
    expect(await at({ version: 40 })).toMatchObject({ version: 40 });

    await grown({ baseChanges: 10, baseChars: 1 }, 60);
    expect([metric("moment_bases"), (await manager.reach())?.from.version]).toEqual([1, 60]);
  });

  test("[B167] bases go with the log that leads on from them", async () => {
    await within(manager.close());
    store = memoryStore({ retention: { logChanges: 25 } });
    manager = await opened();
    for (let n = 0; n < 100; n += 1) {
      await doing(host("a", ["web"], n));
      await runtime.pass(1_000);
    }

    const reach = await manager.reach();
    expect(reach?.from.version).toBeGreaterThanOrEqual(70);
    expect(reach?.from.version).toBeLessThanOrEqual(90);
    for (let version = reach?.from.version ?? 0; version <= 100; version += 1)
      expect(stateIn(await at({ version })).hosts).toMatchObject([{ id: "a", n: version - 1 }]);
  });

  test("[B168] a state that takes too many changes or too long is not made", async () => {
    await grown({ baseChanges: 1_000, replayedChanges: 10 }, 20);
    expect(await at({ version: 10 })).toMatchObject({ version: 10 });
    await within(manager.close());
    manager = await opened({ baseChanges: 1_000, replayedChanges: 10 });
    await expect(at({ version: 20 })).rejects.toMatchObject({ code: "store_unavailable" });
    expect(metric("moments_failed_total")).toBe(1);
  });

  test("a base is written on where a term ended within it, and followers are served meanwhile", async () => {
    const hub = new SyncHub(manager, { frames: runtime.frames });
    const wire = new TestWire();
    hub.attach(wire, { space: "main", profile: "v1", resume: null, subject: null, view: everything } as never);
    for (let n = 0; n < 12; n += 1) await doing(host("a", ["web"], n));
    await within(manager.takeOver());
    await doing(host("b"));

    expect(await at({ version: 5 })).toMatchObject({ version: 5 });
    expect(await at({ version: 13 })).toMatchObject({ version: 13 });
  });
});
