import { collection, defineModel, patch, put, SyncError } from "@neverstale/protocol";
import { beforeEach, expect, test } from "vitest";
import { DEFAULT_LIMITS } from "../limits/limits.ts";
import { AgeClock } from "../runtime/age-clock.ts";
import { settle, VirtualRuntime } from "../runtime/virtual-runtime-suite.ts";
import type { Committed } from "../space/committed.ts";
import { KeepIndexes } from "../space/keep-index.ts";
import { Epochs } from "../space/lineage.ts";
import { SpaceModels } from "../space/space-models.ts";
import { type SpaceView, spaceOf } from "../space/space-view.ts";
import { Spaces } from "../space/spaces.ts";
import { type CommitGroup, type Store, StoreFailure } from "../store/contract.ts";
import { memoryStore } from "../store/memory.ts";
import { Feed } from "./feed.ts";
import { StateManager } from "./state-manager.ts";
import { Term } from "./term/term.ts";
import type { Transaction } from "./transaction.ts";
import { Writer } from "./writer.ts";

const model = defineModel({
  model: 1,
  collections: { hosts: collection(null), metrics: collection(null, { ephemeral: true }) },
  changes: { host_added: put("hosts"), host_updated: patch("hosts"), host_metrics: put("metrics") },
});

/** A real store behind a disk that takes its time, or fails, when a test says so. */
class SlowDisk {
  readonly inner = memoryStore();
  readonly groups: CommitGroup[] = [];
  #hold: { promise: Promise<void>; release: () => void } | null = null;
  fail: StoreFailure | null = null;
  closed = 0;

  hold(): void {
    let release = () => {};
    const promise = new Promise<void>((resolve) => {
      release = resolve;
    });
    this.#hold = { promise, release };
  }

  release(): void {
    this.#hold?.release();
    this.#hold = null;
  }

  get store(): Store {
    const { inner } = this;
    return Object.assign(Object.create(inner) as Store, {
      read: () => inner.read(),
      takeOver: (takeover: Parameters<Store["takeOver"]>[0]) => inner.takeOver(takeover),
      fold: async (fold: Parameters<Store["fold"]>[0]) => {
        if (this.fail !== null) throw this.fail;
        return inner.fold(fold);
      },
      findAnswer: (query: Parameters<Store["findAnswer"]>[0]) => inner.findAnswer(query),
      close: () => {
        this.closed += 1;
        return inner.close();
      },
      metrics: () => inner.metrics(),
      commit: (group: CommitGroup) => {
        if (this.fail !== null) throw this.fail;
        const write = () => {
          this.groups.push(group);
          inner.commit(group);
        };
        return this.#hold === null ? write() : this.#hold.promise.then(write);
      },
    });
  }
}

/** Nothing more can be taken in here. */
class FullMemory extends Spaces {
  override commit(): never {
    throw new Error("no memory left");
  }
}

let runtime: VirtualRuntime;
let disk: SlowDisk;
let manager: StateManager<typeof model>;
let failures: unknown[];
let told: Committed[];

beforeEach(async () => {
  runtime = new VirtualRuntime();
  disk = new SlowDisk();
  failures = [];
  told = [];
  const spaces = { "output/": model, "agent/": model };
  const options = { model, spaces, store: disk.store, onFailure: (error: unknown) => failures.push(error) };
  manager = await StateManager.openWith(options, runtime);
  manager.follow((committed) => told.push(...committed));
  disk.groups.length = 0;
});

/** How each call ends, while time passes. */
async function outcomesOf(calls: readonly Promise<unknown>[]): Promise<PromiseSettledResult<unknown>[]> {
  const outcomes = Promise.allSettled(calls);
  await runtime.pass(1);
  return outcomes;
}

const added = (target: string, data = {}) => ({ type: "host_added", target, data }) as const;

test("[A1] nothing about a version is told or shown before its commit has ended", async () => {
  disk.hold();
  let resolved = false;
  const done = manager.apply(added("web-1")).then(() => {
    resolved = true;
  });
  await runtime.pass(5);

  expect([resolved, manager.version, manager.state.hosts.size, told.length]).toEqual([false, 0, 0, 0]);

  disk.release();
  await done;
  expect([manager.version, manager.state.hosts.size, told.length]).toEqual([1, 1, 1]);
});

test("[A3] what waits while a commit is under way forms the next batch, decided on what was committed", async () => {
  disk.hold();
  const first = manager.apply(added("web-1"));
  await runtime.pass(5);
  const seen: number[] = [];
  const rest = [1, 2, 3].map((n) =>
    manager.transact((state) => {
      seen.push(state.hosts.size);
      return [added(`late-${n}`)];
    }),
  );
  await runtime.pass(5);
  expect(seen).toEqual([]);
  disk.release();
  await Promise.all([first, ...rest]);

  expect(seen).toEqual([1, 2, 3]);
  expect(disk.groups.map((group) => group.spaces[0]?.lastVersion)).toEqual([1, 4]);
});

test("[A3] what a decision adds and fails with, and catches, leaves nothing behind", async () => {
  const deciding = manager.transact((_, transaction) => {
    for (const space of ["main", "output/1"]) {
      expect(() => transaction.add(space, [added("half"), { type: "unknown", target: "z", data: {} }])).toThrow(
        expect.objectContaining({ code: "invalid_change" }),
      );
    }
    return [added("whole")];
  });
  await runtime.pass(1);

  expect((await deciding).versions).toEqual({ main: 1 });
  expect([...manager.state.hosts.keys()]).toEqual(["whole"]);
  expect(manager.space("output/1")).toBeNull();
});

test("[D1] a restart under a clock that was set ahead finds the answers that were given", async () => {
  const key = { id: "admin POST /x k1", bodyHash: "h" };
  const first = manager.transact(() => ({ changes: [added("web-1")], answer: 1 }), { key });
  await runtime.pass(1);
  const wall = runtime.wallTime();
  runtime.wallTime = () => wall + 172_800_000;
  const restarted = await StateManager.openWith({ model, store: memoryStore({ data: disk.inner.dump() }) }, runtime);
  await outcomesOf([restarted.apply(added("web-2"))]);

  const asking = restarted.transact(() => ({ changes: [added("web-3")], answer: 2 }), { key });
  await runtime.pass(1);

  expect(await asking).toMatchObject({ answer: 1, replayed: true, version: (await first).version });
});

test("[A3] a decision that throws or fails validation is dropped alone, with all it had done", async () => {
  const calls = [
    manager.apply(added("web-1")),
    manager.transact(() => {
      throw new Error("no");
    }),
    manager.transact((_, transaction) => {
      transaction.add("output/1", [added("x"), added("y")]);
      return [
        added("web-2"),
        { type: "host_updated", target: "web-1", data: { a: 1 } },
        { type: "unknown", target: "z", data: {} } as never,
      ];
    }),
    manager.transact((state) => (state.hosts.has("web-2") ? [] : [added("web-3")])),
  ];
  const outcomes = await outcomesOf(calls);

  expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "rejected", "fulfilled"]);
  expect([...manager.state.hosts.keys()]).toEqual(["web-1", "web-3"]);
  expect(manager.state.hosts.get("web-1")).toEqual({ id: "web-1" });
  expect(manager.version).toBe(2);
  expect(manager.space("output/1")).toBeNull();
  expect(disk.groups).toHaveLength(1);
});

test("[A3] an answer that can't be stored drops its call with its changes", async () => {
  const cyclic: { self?: unknown } = {};
  cyclic.self = cyclic;
  const key = { id: "k", bodyHash: "h" };
  const bad = manager.transact(() => ({ changes: [added("web-1")], answer: cyclic as never }), { key });
  await settle();
  const [outcome] = await outcomesOf([bad]);
  const after = manager.apply(added("web-2"));
  await runtime.pass(1);

  expect(outcome?.status).toBe("rejected");
  expect((await after).version).toBe(1);
  expect([...manager.state.hosts.keys()]).toEqual(["web-2"]);
});

test("[A3] a decision is over when it has returned: what it adds later is refused and reaches no commit", async () => {
  let late: unknown = null;
  const asynchronous = async (transaction: Transaction) => {
    await Promise.resolve();
    try {
      transaction.add("main", [added("late")]);
    } catch (error) {
      late = error;
    }
    return [added("later")];
  };
  const refused = manager.transact((_, transaction) => asynchronous(transaction) as never);
  const [outcome] = await outcomesOf([refused]);
  const after = manager.apply(added("web-1"));
  await runtime.pass(1);

  expect(outcome).toMatchObject({ reason: { code: "invalid_change" } });
  expect(late).toMatchObject({ code: "invalid_change" });
  expect((await after).version).toBe(1);
  expect([...manager.state.hosts.keys()]).toEqual(["web-1"]);
});

test("[S5] changes of one transaction take consecutive versions and are shown in one step", async () => {
  const done = manager.transact(() => [added("a"), added("b"), added("c")]);
  const other = manager.apply(added("d"));
  await runtime.pass(1);

  expect([(await done).version, (await other).version]).toEqual([3, 4]);
  expect(told).toHaveLength(1);
  expect(told[0]?.changes).toHaveLength(4);
});

test("[A2] a transaction may change several spaces, each numbered in its own, in one commit", async () => {
  const done = manager.transact((_, transaction) => {
    transaction.add("output/1", [added("chunk-1"), added("chunk-2")]);
    expect(transaction.state("output/1")?.hosts?.size).toBe(2);
    return [added("web-1")];
  });
  await runtime.pass(1);

  expect((await done).versions).toEqual({ main: 1, "output/1": 2 });
  expect(disk.groups).toHaveLength(1);
  expect(manager.space("output/1")?.head).toBe(2);
});

test("[A2] a space with much to write doesn't hold up another", async () => {
  const order: string[] = [];
  const call = (space: string, name: string) =>
    manager.transact(
      () => {
        order.push(name);
        return [];
      },
      { space },
    );
  const calls = [
    call("output/1", "o1"),
    call("output/1", "o2"),
    call("output/1", "o3"),
    call("main", "m1"),
    call("main", "m2"),
  ];
  await runtime.pass(1);
  await Promise.all(calls);

  expect(order).toEqual(["o1", "m1", "o2", "m2", "o3"]);
});

test("[A1] a failure before COMMIT is store_unavailable for the whole batch, and nothing has moved", async () => {
  disk.fail = new StoreFailure("nothing_moved", "disk full");
  const calls = [manager.apply(added("a")), manager.apply(added("b"))];
  const outcomes = await outcomesOf(calls);
  disk.fail = null;
  const after = manager.apply(added("c"));
  await runtime.pass(1);

  expect(outcomes).toMatchObject([
    { reason: { code: "store_unavailable" } },
    { reason: { code: "store_unavailable" } },
  ]);
  expect((await after).version).toBe(1);
  expect([...manager.state.hosts.keys()]).toEqual(["c"]);
  expect(failures).toEqual([]);
});

test("a store that says what to do about a failure is heard by those whose change it could not store", async () => {
  const found = new SyncError("store_unavailable", "the password is wrong", { hint: "Look at the password." });
  disk.fail = new StoreFailure("nothing_moved", "the password is wrong", found);
  const [told] = await outcomesOf([manager.apply(added("a"))]);
  disk.fail = new StoreFailure("nothing_moved", "disk full");
  const [untold] = await outcomesOf([manager.apply(added("a"))]);
  disk.fail = null;

  const hint = "Nothing was stored and nothing has moved.";
  expect(told).toMatchObject({ reason: { hint: `${hint} Look at the password.` } });
  expect(untold).toMatchObject({ reason: { hint: `${hint} Free the disk or wait, then try again.` } });
});

test("[A1] an error of the disk is outcome_unknown for all, and no more work is taken", async () => {
  disk.fail = new StoreFailure("unknown", "EIO");
  const calls = [manager.apply(added("a")), manager.apply(added("b"))];
  const outcomes = await outcomesOf(calls);
  const after = manager.apply(added("c"));

  expect(outcomes).toMatchObject([{ reason: { code: "outcome_unknown" } }, { reason: { code: "outcome_unknown" } }]);
  await expect(after).rejects.toMatchObject({ code: "outcome_unknown" });
  expect(failures).toHaveLength(1);
  expect([manager.version, told.length]).toEqual([0, 0]);
});

test("[S6] a change of an ephemeral collection waits for company, 100 ms at most", async () => {
  const alone = manager.apply({ type: "host_metrics", target: "web-1", data: { cpu: 1 } });
  await runtime.pass(90);
  expect(disk.groups).toHaveLength(0);
  await runtime.pass(20);
  await alone;
  const waiting = manager.apply({ type: "host_metrics", target: "web-1", data: { cpu: 2 } });
  const company = manager.apply(added("web-1"));
  await runtime.pass(1);
  await Promise.all([waiting, company]);

  expect(disk.groups.map((group) => group.spaces[0]?.lastVersion)).toEqual([1, 3]);
});

test("[D1] a key does its work once: a repeat gets the first answer, also after a restart, with today's epoch", async () => {
  const run = (into: typeof manager, bodyHash = "h") =>
    into.transact((state) => ({ changes: [added(`n-${state.hosts.size}`)], answer: { ids: [state.hosts.size] } }), {
      key: { id: "user/route/k", bodyHash },
    });
  const first = run(manager);
  const concurrent = run(manager);
  await runtime.pass(1);
  expect(await first).toMatchObject({ version: 1, answer: { ids: [0] }, replayed: false });
  expect(await concurrent).toMatchObject({ version: 1, answer: { ids: [0] }, replayed: true });
  await expect(run(manager, "other")).rejects.toMatchObject({ code: "key_reused" });

  const later = await StateManager.openWith({ model, store: memoryStore({ data: disk.inner.dump() }) }, runtime);
  const repeat = await run(later);

  expect(repeat).toEqual({ epoch: later.epoch, version: 1, versions: {}, answer: { ids: [0] }, replayed: true });
  expect(later.state.hosts.size).toBe(1);
});

test("[D1] a key that is older than the answers kept of its owner is refused, and its work is not done again", async () => {
  const small = await StateManager.openWith(
    { model, store: memoryStore({ retention: { answersPerOwner: 2 } }) },
    runtime,
  );
  const start = runtime.wallTime();
  const run = (owner: string, n: number) =>
    small.transact(() => ({ changes: [added(`${owner}-${n}`)], answer: n }), {
      key: { id: `${owner}/${n}`, bodyHash: "h", owner, madeAt: start + n },
    });
  const calls = [run("b", 0), ...[1, 2, 3, 4].map((n) => run("a", n))];
  await runtime.pass(1);
  await Promise.all(calls);
  await runtime.pass(DEFAULT_LIMITS.foldMs);
  const { version } = small;

  await expect(run("a", 2)).rejects.toMatchObject({ code: "key_expired", hint: expect.stringContaining("new key") });
  expect(await run("a", 3)).toMatchObject({ answer: 3, replayed: true });
  expect(await run("b", 0)).toMatchObject({ answer: 0, replayed: true });

  expect(small.version).toBe(version);
});

test("[D1] a key from a clock that is far ahead makes no later key old", async () => {
  const small = await StateManager.openWith(
    { model, store: memoryStore({ retention: { answersPerOwner: 0 } }) },
    runtime,
  );
  const run = (id: string, madeAt: number) =>
    small.transact(() => [added(id)], { key: { id, bodyHash: "h", owner: "a", madeAt } });
  const ahead = run("ahead", runtime.wallTime() + 3_600_000);
  await runtime.pass(1);
  await ahead;
  await runtime.pass(DEFAULT_LIMITS.foldMs);

  const later = run("later", runtime.wallTime());
  await runtime.pass(1);

  expect(await later).toMatchObject({ replayed: false });
});

test("[D1] a key whose answer was dropped stays expired when the authority's clock is set back", async () => {
  const small = await StateManager.openWith(
    { model, store: memoryStore({ retention: { answersPerOwner: 0 } }) },
    runtime,
  );
  const madeAt = runtime.wallTime();
  const run = () => small.transact(() => [added("a")], { key: { id: "k", bodyHash: "h", owner: "a", madeAt } });
  const first = run();
  await runtime.pass(1);
  await first;
  await runtime.pass(DEFAULT_LIMITS.foldMs);
  runtime.wallTime = () => madeAt - 86_400_000;

  const [repeat] = await outcomesOf([run()]);

  expect(repeat).toMatchObject({ reason: { code: "key_expired" } });
  expect(small.version).toBe(1);
});

test("[D1] a call that failed leaves no answer behind: the same key may try again", async () => {
  const key = { id: "k", bodyHash: "h" };
  disk.fail = new StoreFailure("nothing_moved", "disk full");
  const failed = manager.transact(() => ({ changes: [added("a")], answer: 1 }), { key });
  const [outcome] = await outcomesOf([failed]);
  expect(outcome).toMatchObject({ reason: { code: "store_unavailable" } });
  disk.fail = null;
  const again = manager.transact(() => ({ changes: [added("a")], answer: 2 }), { key });
  await settle();
  await runtime.pass(1);

  expect(await again).toMatchObject({ answer: 2, replayed: false });
});

test("[B1] calls beyond the bound are refused at once and say when to come back", async () => {
  const small = await StateManager.openWith({ model, store: memoryStore(), limits: { waitingCalls: 2 } }, runtime);
  const calls = [small.apply(added("a")), small.apply(added("b")), small.apply(added("c"))];
  const outcomes = await outcomesOf(calls);

  expect(outcomes.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected"]);
  expect(outcomes[2]).toMatchObject({ reason: { code: "too_many_requests", retryAfterMs: 1_000 } });
});

test("[B57] once the calls that wait hold so many bytes the next one is refused, until they are stored", async () => {
  const small = await StateManager.openWith(
    { model, spaces: { "out/": model }, store: memoryStore(), limits: { waitingBytes: 1_000 } },
    runtime,
  );
  const large = (target: string) => ({
    type: "host_added",
    target,
    data: { list: [{ text: "x".repeat(500) }] },
  });

  const calls = [small.apply(large("a")), small.apply(added("b")), small.apply(large("c"), { space: "out/1" })];
  const refused = [small.apply(added("d")), small.apply(added("e"), { key: { id: "e", bodyHash: "" } })];
  const waiting = small.metrics();
  const outcomes = await outcomesOf([...calls, ...refused]);
  const [later] = await outcomesOf([small.apply(large("d"))]);

  expect([...outcomes, later].map((outcome) => outcome?.status)).toEqual([
    ...["fulfilled", "fulfilled", "fulfilled"],
    ...["rejected", "rejected"],
    "fulfilled",
  ]);
  expect(outcomes[3]).toMatchObject({ reason: { code: "too_many_requests", retryAfterMs: 1_000 } });
  expect(waiting.writer_waiting_bytes).toBeGreaterThan(waiting.limit_waiting_bytes as number);
  expect(small.metrics()).toMatchObject({ writer_waiting_bytes: 0, writer_waiting_calls: 0 });
});

test("[B1] [B57] calls that wait for what is stored under their key, or for an earlier call with it, count too", async () => {
  const small = await StateManager.openWith({ model, store: memoryStore(), limits: { waitingCalls: 4 } }, runtime);
  const heavy = await StateManager.openWith({ model, store: memoryStore(), limits: { waitingBytes: 1_500 } }, runtime);
  const keyed = (of: typeof small, id: string) =>
    of.transact(() => [added(id)], { key: { id, bodyHash: "h".repeat(400) } });

  const ofSmall = await outcomesOf(["a", "a", "b", "b", "b", "c"].map((id) => keyed(small, id)));
  const ofHeavy = await outcomesOf(["a", "a", "b", "b", "b", "c"].map((id) => keyed(heavy, id)));

  const letIn = ["fulfilled", "fulfilled", "fulfilled", "fulfilled", "rejected", "rejected"];
  expect([ofSmall, ofHeavy].map((outcomes) => outcomes.map(({ status }) => status))).toEqual([letIn, letIn]);
  for (const { metrics } of [small, heavy].map((of) => ({ metrics: of.metrics() }))) {
    expect(metrics).toMatchObject({ writer_waiting_bytes: 0, writer_waiting_calls: 0 });
  }
});

test("[B57] what waits is let go of when the writer stops, and counts no more", async () => {
  const failing = new SlowDisk();
  const stopped = await StateManager.openWith({ model, store: failing.store, limits: { batchCalls: 1 } }, runtime);
  failing.fail = new StoreFailure("unknown", "EIO");

  const outcomes = await outcomesOf([stopped.apply(added("a")), stopped.apply(added("b"))]);

  expect(outcomes.map((outcome) => outcome.status === "rejected" && outcome.reason.code)).toEqual([
    "outcome_unknown",
    "store_unavailable",
  ]);
  expect(stopped.metrics()).toMatchObject({ writer_waiting_bytes: 0, writer_waiting_calls: 0 });
});

test("closing finishes what waits, then refuses, and leaves a digest that the next open checks", async () => {
  const last = manager.apply(added("web-1"));
  const closing = manager.close();
  await runtime.pass(1);
  await closing;

  expect((await last).version).toBe(1);
  await expect(manager.apply(added("late"))).rejects.toMatchObject({ code: "shutting_down" });
  await expect(manager.backup("late")).rejects.toMatchObject({ code: "shutting_down" });
  const query = { space: "main", limit: 1 };
  await expect(manager.log({ ...query, afterVersion: 0 })).rejects.toMatchObject({ code: "shutting_down" });
  await expect(manager.history(query)).rejects.toMatchObject({ code: "shutting_down" });
  const data = disk.inner.dump();
  expect(data.spaces[0]?.digest).toMatchObject({ version: 1 });
  const damaged = data.spaces.map((space) => ({
    ...space,
    records: space.records.map((row) => ({ ...row, text: '{"id":"web-9"}' })),
  }));
  const opening = StateManager.openWith({ model, store: memoryStore({ data: { ...data, spaces: damaged } }) }, runtime);
  const hint = expect.stringContaining("edited records in memory");
  await expect(opening).rejects.toMatchObject({ code: "store_damaged", hint });
});

test("after the end a call with a key is refused for the same reason as one without", async () => {
  const key = { id: "k", bodyHash: "h" };
  const closing = manager.close();
  const call = manager.transact(() => [], { key });
  await expect(call).rejects.toMatchObject({ code: "shutting_down" });
  await closing;
  await expect(manager.transact(() => [], { key })).rejects.toMatchObject({ code: "shutting_down" });
});

test("[D1] where the store can't say whether a key was used, nothing is done", async () => {
  const store: Store = Object.assign(new SlowDisk().store, { findAnswer: () => Promise.reject(new Error("EIO")) });
  const reading = await StateManager.openWith({ model, store }, runtime);
  const call = reading.transact(() => [added("a")], { key: { id: "k", bodyHash: "h" } });

  await expect(call).rejects.toMatchObject({ code: "store_unavailable" });
  expect(reading.isWriting).toBe(false);
});

test("a follower that throws harms neither the call nor those told after it, and is heard of", async () => {
  const later: number[] = [];
  manager.follow(() => {
    throw new Error("a bug of a follower");
  });
  manager.follow(([committed]) => later.push(committed?.firstVersion ?? 0));
  const done = manager.apply(added("web-1"));
  await expect(runtime.pass(1)).rejects.toThrow("a bug of a follower");

  expect((await done).version).toBe(1);
  expect(later).toEqual([1]);
});

test("a listener to the close that throws keeps neither the store open nor another one from being told", async () => {
  let told = 0;
  manager.onClose(() => {
    throw new Error("a bug of a listener");
  });
  manager.onClose(() => {
    told += 1;
  });

  await manager.close();

  expect(told).toBe(1);
  await expect(disk.inner.read()).resolves.toBeDefined();
  await expect(runtime.pass(1)).rejects.toThrow("a bug of a listener");
});

test("folds that fail are counted, and tried again", async () => {
  const done = manager.apply(added("web-1"));
  await runtime.pass(1);
  await done;
  disk.fail = new StoreFailure("nothing_moved", "disk full");
  await runtime.pass(2_500);
  disk.fail = null;
  await runtime.pass(1_500);

  expect(manager.metrics()).toMatchObject({ folds_failed_total: 2, folds_total: 1 });
});

test("[A1] a fold whose outcome is unknown ends the process too: nobody is told that all is well", async () => {
  const done = manager.apply(added("web-1"));
  await runtime.pass(1);
  await done;
  disk.fail = new StoreFailure("unknown", "I/O error");
  await runtime.pass(1_500);

  expect(failures).toMatchObject([{ code: "outcome_unknown" }]);
  const [late] = await outcomesOf([manager.apply(added("web-2"))]);
  expect(late).toMatchObject({ status: "rejected", reason: { code: "outcome_unknown" } });
  expect(manager.metrics()).toMatchObject({ folds_failed_total: 1 });
});

test("a close that can't fold releases the store all the same", async () => {
  const done = manager.apply(added("web-1"));
  await runtime.pass(1);
  await done;
  disk.fail = new StoreFailure("nothing_moved", "disk full");

  await expect(manager.close()).rejects.toThrow("disk full");
  expect(disk.closed).toBe(1);
});

test("an open that fails releases the store", async () => {
  const migrate = () => {
    throw new Error("no");
  };
  const other = new SlowDisk();
  const opening = StateManager.openWith({ model, store: other.store, migrate }, runtime);
  const refused = expect(opening).rejects.toThrow("no");
  await settle();
  await runtime.pass(1);
  await refused;

  expect(other.closed).toBe(1);
});

test.each(["main", "output/old/"])("a space declared as %s, which no space would be of, is refused", async (name) => {
  const opening = StateManager.openWith({ model, spaces: { [name]: model }, store: memoryStore() }, runtime);
  await expect(opening).rejects.toThrow(name);
});

test("[E6] a migration is ordinary changes in the new epoch, before anyone is served", async () => {
  const before = manager.apply(added("web-1", { name: "old" }));
  await runtime.pass(1);
  await before;
  const opening = StateManager.openWith(
    {
      model,
      store: memoryStore({ data: disk.inner.dump() }),
      migrate: (state) =>
        [...state.hosts.keys()].map((id) => ({ type: "host_updated", target: id, data: { name: "new" } }) as const),
    },
    runtime,
  );
  await settle();
  await runtime.pass(1);
  const migrated = await opening;

  expect(migrated.state.hosts.get("web-1")).toEqual({ id: "web-1", name: "new" });
  expect(migrated.version).toBe(2);
  expect(migrated.space("main")?.lineage()).toEqual([
    [manager.epoch, 1],
    [migrated.epoch, 2],
  ]);
});

test("[A1] what is stored and can't be taken into memory stops the writer, and its calls learn that they may be stored", async () => {
  const space = spaceOf(manager.space("main") as SpaceView);
  const stopped: SyncError[] = [];
  const writer = new Writer({
    store: disk.store,
    term: new Term(disk.store, runtime, new AgeClock(runtime, null), 1, { sequence: 2, term: manager.epoch }),
    spaces: new FullMemory(
      new Map([["main", space]]),
      new SpaceModels(model, {}),
      new Epochs(["new"], 10),
      DEFAULT_LIMITS,
      runtime,
    ),
    feed: new Feed(runtime),
    keepIndexes: new KeepIndexes(),
    ages: new AgeClock(runtime, null),
    runtime,
    limits: DEFAULT_LIMITS,
    doubts: null,
    onFailure: (error) => stopped.push(error),
  });
  const call = () =>
    new Promise<unknown>((resolve, reject) =>
      writer.enqueue({ work: () => [added("a")], options: {}, bytes: 0, resolve, reject }),
    );

  const [stored] = await outcomesOf([call()]);
  const [later] = await outcomesOf([call()]);

  expect(stored).toMatchObject({
    reason: { code: "outcome_unknown", message: expect.stringContaining("no memory left") },
  });
  expect(later).toMatchObject({ reason: { code: "outcome_unknown" } });
  expect(stopped).toHaveLength(1);
});
