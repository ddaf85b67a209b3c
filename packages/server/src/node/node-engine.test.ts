import { beforeEach, expect, test } from "vitest";
import { StoreFailure } from "../store/contract.ts";
import { MemoryStore } from "../store/memory.ts";
import { added, model, NodeWorld, type TestNode } from "./node-world-suite.ts";

let world: NodeWorld;

beforeEach(() => {
  world = new NodeWorld();
});

const stateOf = ({ manager }: TestNode) => manager.capture();
const roleOf = ({ manager }: TestNode) => manager.node?.role;

async function two(options = {}): Promise<[TestNode, TestNode]> {
  return [await world.start("one:80", options), await world.start("two:80", options)];
}

test("[N1] a node that follows has what the writer has: versions, epochs, lineage and digest, each group as one step", async () => {
  const [one, two_] = await two();
  const told: number[] = [];
  two_.manager.follow((groups) => told.push(...groups.map(({ changes }) => changes.length)));

  await world.done(one.manager.transact(() => [added("web-1"), added("web-2", { cpu: 1 })]));
  await world.done(one.manager.apply({ type: "host_updated", target: "web-2", data: { cpu: 2 } }));
  await world.pass(300);

  expect(roleOf(one)).toBe("writer");
  expect(roleOf(two_)).toBe("follower");
  expect(two_.manager.capture()).toEqual(one.manager.capture());
  expect(two_.manager.space("main")?.lineage()).toEqual(one.manager.space("main")?.lineage());
  expect(told).toEqual([2, 1]);
});

test("[N1] spaces that are made and ended are followed, and a name that is given again is another space", async () => {
  const options = { spaces: { "out/": model } };
  const [one, other] = await two(options);
  const add = (name: string) =>
    world.done(
      one.manager.transact((_, tx) => {
        tx.add("out/1", [added(name)]);
        return [];
      }),
    );

  await add("a");
  await world.pass(300);
  const first = other.manager.space("out/1");
  await world.done(
    one.manager.transact((_, tx) => {
      tx.removeSpace("out/1", { archive: false });
      tx.add("out/1", [added("b")]);
      return [];
    }),
  );
  await add("c");
  await world.pass(300);

  expect(first?.removed).toBe(true);
  expect(other.manager.capture("out/1")).toEqual(one.manager.capture("out/1"));
  expect(other.manager.space("out/1")?.creationId).toBe(one.manager.space("out/1")?.creationId);
});

test("[N2] an entry that is pushed is applied at once, and only where its sequence and the term before it fit", async () => {
  const [one, other] = await two({ link: true });
  await world.done(one.manager.apply(added("web-1")), 5);
  expect(stateOf(other)).toEqual(stateOf(one));

  const place = (await world.chain()).at(-1);
  const next = { type: "group", sequence: (place?.sequence ?? 0) + 1, at: 0, ageAt: 0, spaces: [] } as const;
  world.links.onPush = (_, to) => to.receive({ ...next, term: "elsewhere", termBefore: "elsewhere" });
  await world.done(one.manager.apply(added("web-2")), 5);
  world.links.onPush = (entry, to) => to.receive(entry);
  await world.pass(20);

  expect(stateOf(other)).toEqual(stateOf(one));
  expect(other.manager.metrics()).toMatchObject({ reloads_total: 0, node_lag_entries: 0 });
});

test("[N3] the chain is read every 250 ms without a link, and once a second with one", async () => {
  const [, alone] = await two();
  const [, linked] = [await world.start("three:80", { link: true }), await world.start("four:80", { link: true })];
  const before = [alone, linked].map(({ store }) => store.reads);

  await world.pass(10_000);

  const reads = [alone, linked].map(({ store }, n) => store.reads - (before[n] ?? 0));
  expect(reads[0]).toBeGreaterThan(35);
  expect(reads[0]).toBeLessThan(41);
  expect(reads[1]).toBeGreaterThan(8);
  expect(reads[1]).toBeLessThan(12);
});

test("[T3] a node takes over when neither head nor beat has moved for 3 s, and not before", async () => {
  const [one, other] = await two();
  await world.pass(60_000);
  expect(roleOf(other)).toBe("follower");
  expect(one.store.beats).toBeGreaterThan(50);

  one.store.isPaused = true;
  await world.pass(2_700);
  expect(roleOf(other)).toBe("follower");
  await world.pass(2_000);

  expect(roleOf(other)).toBe("writer");
  expect(other.manager.metrics()).toMatchObject({ takeovers_total: 1, node_is_writer: 1 });
  await world.done(other.manager.apply(added("web-1")));
  expect(other.manager.version).toBe(1);
});

test("[T3] a node that could not read for long does not take over before it has seen for 3 s that nobody writes", async () => {
  const [one, other] = await two();
  other.store.isCut = true;
  await world.pass(10_000);
  other.store.isCut = false;
  await world.pass(2_000);
  expect(roleOf(other)).toBe("follower");

  await world.pass(10_000);

  expect([roleOf(one), roleOf(other)]).toEqual(["writer", "follower"]);
  expect(other.manager.metrics().takeovers_total).toBe(0);
});

test("[T2] a writer that was paused stores and shows nothing once somebody else has taken over, and follows", async () => {
  const [one, other] = await two();
  const told: number[] = [];
  one.store.isPaused = true;
  const late = one.manager.apply(added("late"));
  late.catch(() => {});
  await world.pass(5_000);
  await world.done(other.manager.apply(added("web-1")));
  one.manager.follow((groups) => told.push(...groups.map(({ firstVersion }) => firstVersion)));
  one.store.isPaused = false;
  await world.pass(1_000);

  await expect(late).rejects.toMatchObject({ code: "store_unavailable" });
  expect([roleOf(one), roleOf(other)]).toEqual(["follower", "writer"]);
  expect(stateOf(one)).toEqual(stateOf(other));
  expect(told).toEqual([1]);
  expect(one.manager.metrics()).toMatchObject({ fenced_total: 1 });
  expect(one.failures).toEqual([]);
});

for (const isStored of [true, false]) {
  test(`[T2] a commit whose answer was lost is answered once the next takeover has settled it: ${isStored ? "stored" : "not stored"}`, async () => {
    const [one] = await two();
    one.store.loses = { isStored };
    const call = one.manager.apply(added("web-1"));
    call.catch(() => {});

    await world.pass(5_000);

    if (isStored) await expect(call).resolves.toMatchObject({ version: 1, replayed: false });
    else await expect(call).rejects.toMatchObject({ code: "store_unavailable" });
    expect(one.manager.version).toBe(isStored ? 1 : 0);
    expect((await world.chain()).filter(({ type }) => type === "takeover").length).toBeGreaterThan(1);
    expect(one.failures).toEqual([]);
  });
}

test("[T2] [B70] who could not wait for a takeover that settles it is told after 10 s that the outcome is unknown", async () => {
  const [one, other] = await two();
  one.store.loses = { isStored: true };
  const call = one.manager.apply(added("web-1"));
  call.catch(() => {});
  await world.pass(5);
  for (const { store } of [one, other]) store.isCut = true;
  await world.pass(9_000);
  expect(one.manager.metrics().node_doubtful_groups).toBe(1);

  await world.pass(2_000);

  await expect(call).rejects.toMatchObject({ code: "outcome_unknown" });
  expect(one.manager.metrics().node_doubtful_groups).toBe(0);
});

for (const isStored of [true, false]) {
  test(`[T2] a takeover whose answer was lost is settled by reading: ${isStored ? "stored" : "not stored"}`, async () => {
    const [one, other] = await two();
    one.store.isCut = true;
    other.store.loses = { isStored };
    await world.pass(5_000);

    expect(roleOf(other)).toBe("writer");
    await world.done(other.manager.apply(added("web-1")));
    expect(other.manager.version).toBe(1);
    expect((await world.chain()).filter(({ type }) => type === "takeover")).toHaveLength(2);
  });
}

test("[T3] a node takes over at most once a second, and ever more rarely while its terms end at once", async () => {
  const one = await world.start("one:80");
  const times: number[] = [];
  for (let n = 0; n < 400; n += 1) {
    const before = one.manager.metrics().takeovers_total ?? 0;
    if (roleOf(one) === "writer") {
      one.store.loses = { isStored: false };
      one.manager.apply(added(`web-${n}`)).catch(() => {});
    }
    await world.pass(250);
    if ((one.manager.metrics().takeovers_total ?? 0) > before) times.push(world.runtime.now());
  }

  const gaps = times.slice(1).map((at, n) => at - (times[n] ?? 0));
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(1_000);
  expect(gaps.at(-1)).toBeGreaterThan(20_000);
});

test("[T4] the writer beats only when nothing else is written, and never while an answer is out", async () => {
  const one = await world.start("one:80");
  const before = one.store.beats;
  for (let n = 0; n < 20; n += 1) await world.done(one.manager.apply(added(`web-${n}`)), 500);
  expect(one.store.beats).toBe(before);

  await world.pass(10_000);
  expect(one.store.beats - before).toBeGreaterThanOrEqual(8);
  expect(one.store.beats - before).toBeLessThanOrEqual(10);
});

test("[T6] a node that can't apply an entry sends its clients away and ends", async () => {
  const one = await world.start("one:80", { spaces: { "out/": model } });
  const other = await world.start("two:80");
  let closed = 0;
  other.manager.onClose(() => {
    closed += 1;
  });

  await world.done(
    one.manager.transact((_, tx) => {
      tx.createSpace("out/1");
      return [];
    }),
  );
  await world.pass(500);

  expect(other.failures).toMatchObject([{ code: "unknown_space" }]);
  expect(other.manager.failure).toMatchObject({ code: "unknown_space" });
  expect(closed).toBe(1);
  await expect(world.done(other.manager.apply(added("web-1")))).rejects.toMatchObject({ code: "unknown_space" });
});

test("[T6] a newer model takes over only when no node of an older one is alive, unless it is told to", async () => {
  const newer = { ...model, model: 2 };
  const one = await world.start("one:80");
  const old = await world.start("old:80");
  const two_ = await world.start("two:80", { model: newer });
  one.store.isPaused = true;
  old.store.isPaused = true;
  await world.pass(8_000);
  expect(roleOf(two_)).toBe("follower");

  await world.pass(8_000);
  expect(roleOf(two_)).toBe("writer");

  const told = await world.start("three:80", { model: { ...model, model: 3 }, replacesOlderModels: true });
  two_.store.isPaused = true;
  await world.pass(5_000);
  expect(roleOf(told)).toBe("writer");
  expect((await world.chain()).filter(({ type }) => type === "takeover")).toMatchObject([
    { model: 1 },
    { model: 2 },
    { model: 3 },
  ]);
});

test("[T7] what runs once starts with a term at one node, stops with it, and starts at the next writer", async () => {
  const [one, other] = await two();
  const log: string[] = [];
  const work = (name: string) => () => {
    log.push(`${name} starts`);
    return () => log.push(`${name} stops`);
  };
  one.manager.onTerm(work("one"));
  const back = other.manager.onTerm(work("two"));
  one.store.isPaused = true;
  await world.pass(5_000);
  expect(log).toEqual(["one starts", "two starts"]);
  one.store.isPaused = false;
  await world.pass(2_000);

  back();
  expect(log).toEqual(["one starts", "two starts", "one stops", "two stops"]);
});

test("[T5] a writer that is drained finishes its calls and names a successor, which takes over at once", async () => {
  const [one, other] = await two({ link: true });
  await world.pass(3_000);
  const started = world.runtime.now();
  const call = one.manager.apply(added("web-1"));
  await world.done(one.manager.drain(), 200);

  await expect(call).resolves.toMatchObject({ version: 1 });
  expect([roleOf(one), roleOf(other)]).toEqual(["follower", "writer"]);
  expect(world.runtime.now() - started).toBeLessThan(300);
  await world.pass(10_000);
  expect(stateOf(one)).toEqual(stateOf(other));
  await world.done(one.manager.close());
  expect((await other.store.listNodesNow()).map(({ address }) => address)).toEqual(["two:80"]);
});

test("[T2] [T5] a writer that is drained takes in nothing by an answer that comes when its term is over: the chain has brought it", async () => {
  const one = await world.start("one:80", { link: true, limits: { foldMs: 60_000 } });
  const two = await world.start("two:80", { link: true });
  const answered = Promise.withResolvers<void>();
  const { commit } = one.store;
  one.store.commit = (group) => commit.call(one.store, group).then(() => answered.promise);
  const call = one.manager.apply(added("web-1"));
  await world.pass(50);

  const drained = one.manager.drain();
  await world.done(two.manager.takeOver(), 3_000);
  await world.done(two.manager.apply(added("web-2")), 1_000);
  const told: number[] = [];
  one.manager.follow(() => told.push(one.manager.version));
  answered.resolve();
  await world.done(Promise.all([call, drained]), 1_000);

  expect(told).toEqual([]);
  expect(one.manager.version).toBe(2);
  expect(one.manager.space("main")?.state).toEqual(two.manager.space("main")?.state);
});

test("[W1] a change that is given to any node is carried out by the writer", async () => {
  const [one, other] = await two({ link: true });

  const applied = await world.done(other.manager.apply(added("web-1")));

  expect(applied).toMatchObject({ epoch: one.manager.epoch, version: 1 });
  expect(stateOf(other)).toEqual(stateOf(one));
  await expect(
    world.done(other.manager.apply({ type: "unheard_of", target: "web-1", data: {} })),
  ).rejects.toMatchObject({ code: "invalid_change" });
});

test("[W3] a decision that is given as a function runs at the writer only, whose address is in the hint", async () => {
  const [, other] = await two({ link: true });

  await expect(world.done(other.manager.transact(() => [added("web-1")]))).rejects.toMatchObject({
    code: "not_the_writer",
    hint: expect.stringContaining("one:80"),
  });
});

test("[W2] [B71] a call waits up to 5 s for a writer, and is refused then, with nothing stored", async () => {
  const [one, other] = await two({ link: true });
  one.store.isPaused = true;
  await world.done(one.manager.drain(), 1_000).catch(() => {});
  const call = other.manager.apply(added("web-1"));
  call.catch(() => {});
  await world.pass(100);
  expect(other.manager.metrics().node_waiting_calls).toBeLessThanOrEqual(1);
  await world.pass(6_000);
  await expect(Promise.race([call, Promise.resolve("late")])).resolves.not.toBe("late");

  for (const { store } of [one, other]) store.isCut = true;
  one.store.isPaused = false;
  const refused = one.manager.apply(added("web-2"));
  refused.catch(() => {});
  await world.pass(7_000);
  await expect(refused).rejects.toMatchObject({ code: expect.stringMatching("store_unavailable|outcome_unknown") });
});

test("[W2] once sent, a call whose answer was lost is sent again only under a key", async () => {
  const [one, other] = await two({ link: true });
  world.links.losesAnswer = true;
  const keyed = other.manager.apply(added("web-1"), { key: { id: "k", bodyHash: "h" } });
  await expect(world.done(keyed, 600)).resolves.toMatchObject({ replayed: true });
  expect(one.manager.version).toBe(1);

  world.links.losesAnswer = true;
  const bare = other.manager.apply(added("web-2"));
  await expect(world.done(bare, 600)).rejects.toMatchObject({ code: "outcome_unknown" });
  expect(one.manager.version).toBe(2);
});

test("[W2] a repeat under a key that is refused says nothing of the call before it, whose answer was lost", async () => {
  const [one, other] = await two({ link: true });
  world.links.losesAnswer = true;
  world.links.onPush = () => {}; // It would repeat the call at once.
  const keyed = other.manager.apply(added("web-1"), { key: { id: "k", bodyHash: "h" } });
  keyed.catch(() => {});
  await world.pass(6);
  for (const { store } of [one, other]) store.isCut = true;

  await world.pass(10_000);

  await expect(keyed).rejects.toMatchObject({ code: "outcome_unknown" });
  expect(one.manager.version).toBe(1);
});

test("[T5] a node that is named as the successor while it asks the store takes over with its next look", async () => {
  const [one, other] = await two({ link: true });
  other.store.isPaused = true;
  await world.pass(1_500);
  const drained = one.manager.drain();
  await world.pass(10);
  other.store.isPaused = false;
  await world.done(drained, 100);

  expect(roleOf(other)).toBe("writer");
});

test("[N9] a node whose own entry is gone drops its state, reloads, and serves only once history goes on", async () => {
  const [one, other] = await two();
  await world.done(one.manager.apply(added("web-1")));
  const image = world.database.dump();
  await world.done(one.manager.apply(added("web-2")));
  await world.pass(300);
  let interrupted = 0;
  other.manager.onInterrupt(() => {
    interrupted += 1;
  });

  one.store.isPaused = true;
  world.database.restore(image);
  await world.pass(500);
  expect(interrupted).toBe(1);
  expect(other.manager.refusal).toMatchObject({ code: "store_unavailable" });
  expect(other.manager.node).toMatchObject({ role: "reloading", isServing: false });
  expect(other.manager.metrics()).toMatchObject({
    history_lost_total: 1,
    history_lost_versions_total: 1,
    reloads_total: 1,
  });

  await world.pass(5_000);
  expect(other.manager.refusal).toBeNull();
  expect(roleOf(other)).toBe("writer");
  expect(other.manager.version).toBe(1);
  one.store.isPaused = false;
  await world.pass(1_000);
  expect(stateOf(one)).toEqual(stateOf(other));
});

test("[N9] a reload that fails is done by the next round, also where the own entry is there again", async () => {
  const [one, other] = await two();
  await world.done(one.manager.apply(added("web-1")), 1_000);
  const { readChain, read } = other.store;
  other.store.readChain = () => {
    other.store.readChain = readChain;
    return Promise.resolve("trimmed");
  };
  other.store.read = () => {
    other.store.read = read;
    return Promise.reject(new StoreFailure("nothing_moved", "there is no way to the database"));
  };

  await world.pass(5_000);

  expect(other.manager.node?.isServing).toBe(true);
  expect(other.manager.metrics().reloads_total).toBe(1);
});

test("[N11] [B72] nodes are listed before they open, and the writer takes rows away whose counter has stood still for 10 s", async () => {
  const [one, other] = await two();
  const addresses = async () => (await one.store.listNodesNow()).map(({ address }) => address);
  other.store.isPaused = true;
  await world.pass(8_000);
  expect(await addresses()).toEqual(["one:80", "two:80"]);

  await world.pass(8_000);
  expect(await addresses()).toEqual(["one:80"]);

  other.store.isPaused = false;
  await world.pass(1_000);
  expect(await addresses()).toEqual(["one:80", "two:80"]);
});

test("[N11] a node that is dialled by one that it does not know reads the list at once", async () => {
  const one = await world.start("one:80", { link: true });
  const listed = async () => {
    await world.pass(10);
    return one.manager.metrics().node_listed;
  };
  const table = new MemoryStore({ database: world.database });
  await table.read();
  await table.enterNode({ id: "new", address: "two:80", model: 1, token: "its token" });
  expect(await listed()).toBe(1);

  world.links.dial("new", "one:80");

  expect(await listed()).toBe(2);
});

test("[T3] a node that comes back where it was the writer, or to an empty store, does not wait", async () => {
  const one = await world.start("one:80");
  expect(roleOf(one)).toBe("writer");
  await one.store.leaveNode();
  one.store.isPaused = true;

  const again = await world.start("one:80");

  expect(roleOf(again)).toBe("writer");
});

test("[T3] a newcomer at the address of a writer that lives takes nothing over, and waits as others do where that one is dead", async () => {
  const one = await world.start("one:80");
  const newcomer = await world.start("one:80");
  await world.pass(10_000);
  expect([roleOf(one), roleOf(newcomer)]).toEqual(["writer", "follower"]);
  expect(newcomer.manager.metrics().takeovers_total).toBe(0);

  one.store.isPaused = true;
  await world.pass(2_500);
  expect(roleOf(newcomer)).toBe("follower");
  await world.pass(2_500);
  expect(roleOf(newcomer)).toBe("writer");
});

test("a node needs a store that several processes share", async () => {
  const { StateManager } = await import("../authority/state-manager.ts");
  const store = { ...new MemoryStore({}) };

  await expect(
    StateManager.openWith({ model, store: store as never, node: { address: "one:80" } }, world.runtime),
  ).rejects.toThrow("several processes share");
});
