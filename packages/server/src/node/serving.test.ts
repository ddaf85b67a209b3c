import { beforeEach, expect, test } from "vitest";
import { type Attachment, SyncHub } from "../followers/sync-hub.ts";
import { TestWire } from "../runtime/virtual-runtime-suite.ts";
import { added, model, NodeWorld, type TestNode } from "./node-world-suite.ts";

const BEACON_MS = 2_000;

let world: NodeWorld;

beforeEach(() => {
  world = new NodeWorld();
});

async function two(options = {}): Promise<[TestNode, TestNode]> {
  return [await world.start("one:80", options), await world.start("two:80", options)];
}

function hubOf({ manager }: TestNode): SyncHub {
  return new SyncHub(manager, { frames: world.runtime.frames, beaconMs: BEACON_MS });
}

/** It comes to the hub as a transport has it come. */
function connect(hub: SyncHub, given: Partial<Attachment> = {}) {
  const wire = new TestWire();
  const reader = { wire, refused: "", say: (_message: unknown) => {} };
  hub.enter(
    wire,
    { space: "main", profile: "v1", resume: null, subject: null, steps: true, ...given },
    {
      entered: (cursor) => {
        reader.say = (message) => hub.receive(cursor, JSON.stringify(message));
      },
      refused: (error) => {
        reader.refused = error.code;
        hub.turnAway(wire, "v1", error);
      },
    },
  );
  return reader;
}

function positionOf({ manager }: TestNode) {
  const space = manager.space("main")?.creationId ?? "";
  return { epoch: manager.epoch, space, version: manager.version };
}

const typesOf = (messages: readonly Record<string, unknown>[]) => messages.map(({ type }) => type);
const digestsIn = (messages: readonly Record<string, unknown>[]) =>
  messages.filter((message) => message.type === "sync" && message.digest !== undefined);

test("[N4] a beacon is not put while the node can't confirm, and goes out with the next confirmation", async () => {
  const [, other] = await two();
  const { wire } = connect(hubOf(other));
  await world.pass(BEACON_MS + 100);
  expect(digestsIn(wire.take()).length).toBeGreaterThan(1);

  other.store.isCut = true;
  await world.pass(1_200);
  wire.take();
  await world.pass(4 * BEACON_MS);
  expect(wire.take()).toEqual([]);

  other.store.isCut = false;
  await world.pass(300);
  expect(digestsIn(wire.take())).toHaveLength(1);
});

test("[N4] the first sync with digest behind a full state and behind a resume waits for a confirmation at most a second old", async () => {
  const [one, other] = await two();
  await world.done(one.manager.apply(added("web-1")));
  await world.pass(300);
  const hub = hubOf(other);
  other.store.isPaused = true;
  await world.pass(1_500);

  const [full, resumed] = [connect(hub), connect(hub, { resume: positionOf(other) })];
  await world.pass(100);
  expect(typesOf(full.wire.received)).toEqual(["init"]);
  expect(typesOf(resumed.wire.received)).toEqual(["sync"]);
  expect(digestsIn(resumed.wire.received)).toEqual([]);

  other.store.isPaused = false;
  await world.pass(50);
  expect(typesOf(full.wire.received)).toEqual(["init", "sync"]);
  expect(digestsIn(resumed.wire.received)).toHaveLength(1);
});

test("[N4] the age of a confirmation counts from the asking: an answer that comes late vouches for nothing", async () => {
  const [, other] = await two();
  const { wire } = connect(hubOf(other));
  await world.pass(100);
  for (let round = 0; round < 6; round += 1) {
    other.store.isPaused = true;
    await world.pass(1_500);
    wire.take();
    other.store.isPaused = false;
    await world.pass(1);
    expect(digestsIn(wire.take())).toEqual([]);
  }
});

test("[N4] a step waits until the node can vouch for what it says, and so does what follows it", async () => {
  const [one, other] = await two({ link: true });
  const { wire } = connect(hubOf(other));
  await world.pass(100);
  other.store.isPaused = true;
  await world.pass(1_500);
  wire.take();
  await world.done(one.manager.takeOver(), 10);
  await world.done(one.manager.apply(added("web-1")), 10);
  expect(other.manager.version).toBe(1);
  expect(wire.take()).toEqual([]);

  other.store.isPaused = false;
  await world.pass(50);
  expect(wire.take()).toMatchObject([{ type: "sync", epoch: one.manager.epoch, version: 0 }, { type: "delta" }]);
});

test("[N5] a check is answered after a confirmation that began after it came, behind all that was committed before", async () => {
  const [one, other] = await two();
  const reader = connect(hubOf(other));
  await world.pass(100);
  reader.wire.take();
  await world.done(one.manager.apply(added("web-1")), 10);
  expect(other.manager.version).toBe(0);

  reader.say({ type: "check", n: 1 });
  await world.pass(10);

  expect(reader.wire.take()).toMatchObject([
    { type: "delta", version: 1 },
    { type: "sync", version: 1, check: 1 },
  ]);
});

test("[N5] checks that wait share one confirmation, and one that is under way when they come answers none", async () => {
  const [one, other] = await two({ link: true });
  const hub = hubOf(other);
  const readers = Array.from({ length: 50 }, () => connect(hub));
  await world.pass(100);
  other.store.isPaused = true;
  await world.pass(1_100);
  const before = other.store.confirms;
  for (const { wire, say } of readers) {
    wire.take();
    say({ type: "check", n: 1 });
    say({ type: "check", n: 2 });
  }
  await world.done(one.manager.apply(added("web-1")), 10);
  other.store.isPaused = false;
  await world.pass(20);

  for (const { wire } of readers) {
    const checks = wire.take().filter(({ check }) => check !== undefined);
    expect(checks.at(-1)).toMatchObject({ check: 2, version: 1 });
  }
  expect(other.store.confirms - before).toBeLessThanOrEqual(3);
});

test("[N5] who asks ever again is answered all the same", async () => {
  const [, other] = await two();
  const reader = connect(hubOf(other));
  await world.pass(100);
  reader.wire.take();
  for (let n = 1; n <= 40; n += 1) {
    reader.say({ type: "check", n });
    await world.pass(1);
  }

  const answers = reader.wire.take().filter(({ check }) => check !== undefined);
  expect(answers.length).toBeGreaterThan(5);
});

test("[N6] a position beyond the head of a node that lags is resumed once the node has caught up", async () => {
  const [one, other] = await two();
  const hub = hubOf(other);
  await world.done(one.manager.apply(added("web-1")), 10);
  expect(other.manager.version).toBe(0);

  const { wire } = connect(hub, { resume: positionOf(one) });
  expect(hub.metrics.entrants).toBe(1);
  await world.pass(20);

  expect(typesOf(wire.received)).toEqual(["sync", "sync"]);
  expect(hub.metrics).toMatchObject({ resumed: 1, fullStates: {}, entrants: 0 });
});

test("[N6] a position in an epoch that the node has not heard of is resumed once it has", async () => {
  const [one, other] = await two();
  const hub = hubOf(other);
  await world.pass(60);
  await world.done(one.manager.takeOver(), 10);
  await world.done(one.manager.apply(added("web-1")), 10);
  expect(other.manager.epoch).not.toBe(one.manager.epoch);

  const { wire } = connect(hub, { resume: positionOf(one) });
  await world.pass(20);

  expect(typesOf(wire.received)).toEqual(["sync", "sync"]);
  expect(hub.metrics).toMatchObject({ resumed: 1, fullStates: {} });
});

test("[N6] a space that the node has not heard of is judged after a confirmation: it is there, or 4404", async () => {
  const [one, other] = await two({ spaces: { "out/": model } });
  const hub = hubOf(other);
  const create = one.manager.transact((_, tx) => {
    tx.createSpace("out/1");
    return [];
  });
  await world.done(create, 10);

  const [there, unknown] = [connect(hub, { space: "out/1" }), connect(hub, { space: "out/2" })];
  expect(unknown.wire.closedWith).toBeNull();
  await world.pass(30);

  expect(typesOf(there.wire.received)).toEqual(["init", "sync"]);
  expect(unknown.wire.closedWith).toBe(4404);
});

test("[N6] who can't be judged within 2 s is sent away with 1013, and who is gone by then is forgotten", async () => {
  const [one, other] = await two();
  const hub = hubOf(other);
  await world.done(one.manager.apply(added("web-1")), 10);
  other.store.isCut = true;

  const { wire } = connect(hub, { resume: positionOf(one) });
  const leave = hub.enter(
    new TestWire(),
    { space: "elsewhere", profile: "v1", resume: null, subject: null },
    { entered: () => {}, refused: () => {} },
  );
  expect(hub.metrics.entrants).toBe(2);
  leave();
  expect(hub.metrics.entrants).toBe(1);
  await world.pass(1_900);
  expect(wire.closedWith).toBeNull();
  await world.pass(200);

  expect(wire.closedWith).toBe(1013);
  expect(wire.received).toMatchObject([{ type: "error", code: "store_unavailable" }]);
  expect(hub.metrics).toMatchObject({ entrants: 0, entrantsRefused: 1 });
});

test("[N6] a position beyond the end of the newest epoch itself is sent away with 1013, and never given a full state", async () => {
  const [, other] = await two();
  const hub = hubOf(other);
  const position = positionOf(other);

  const { wire } = connect(hub, { resume: { ...position, version: position.version + 5 } });
  const stranger = connect(hub, { resume: { ...position, epoch: "unheard-of" } });
  await world.pass(30);

  expect(wire.closedWith).toBe(1013);
  expect(typesOf(stranger.wire.received)).toEqual(["init", "sync"]);
});

test("[N6] [B73] as many readers as the bound says may wait until the node knows, and the next one comes again later", async () => {
  const [one, other] = await two({ limits: { entrants: 2 } });
  const hub = hubOf(other);
  await world.done(one.manager.apply(added("web-1")), 10);
  const readers = [1, 2, 3].map(() => connect(hub, { resume: positionOf(one) }));

  expect(readers.map(({ wire }) => wire.closedWith)).toEqual([null, null, 1013]);
  expect(hub.metrics).toMatchObject({ entrants: 2, entrantsRefused: 1 });
  await world.pass(20);
  expect(hub.metrics).toMatchObject({ entrants: 0, resumed: 2 });
});

test("[N6] a right that is taken away takes those away that wait, and the end of the hub sends them away", async () => {
  const [one, other] = await two();
  const hub = hubOf(other);
  await world.done(one.manager.apply(added("web-1")), 10);
  other.store.isCut = true;
  const [barred, left] = ["anna", "bert"].map((subject) => connect(hub, { resume: positionOf(one), subject }));

  expect(hub.revoke((subject) => (subject === "anna" ? 4401 : null))).toBe(1);
  expect([barred?.wire.closedWith, left?.wire.closedWith]).toEqual([4401, null]);
  hub.close();
  expect(left?.refused).toBe("shutting_down");
});

test("[T5] the readers of a node that is drained go on at another one, with a diff at most", async () => {
  const [one, other] = await two({ link: true });
  await world.done(one.manager.apply(added("web-1")));
  const [hub, next] = [hubOf(one), hubOf(other)];
  const readers = Array.from({ length: 20 }, () => connect(hub));
  await world.pass(100);
  const position = positionOf(one);
  await world.done(one.manager.drain(), 200);
  await world.done(other.manager.apply(added("web-2")), 20);
  const drained = hub.drain();
  await world.pass(100);
  const gone = readers.filter(({ wire }) => wire.closedWith !== null);
  expect(gone.length).toBeGreaterThan(0);
  expect(gone.length).toBeLessThan(readers.length);

  await world.done(drained, 1_000);
  expect(new Set(readers.map(({ wire }) => wire.closedWith))).toEqual(new Set([1012]));
  const { wire } = connect(next, { resume: position });
  await world.pass(50);
  expect(typesOf(wire.received)).toEqual(["sync", "delta", "sync"]);
  expect(readers.flatMap((reader) => reader.wire.received).filter(({ type }) => type === "error")).toEqual([]);
});

test("[N7] a node that has not confirmed for 3 s puts no deltas and no snapshots until it has", async () => {
  const [one, other] = await two({ link: true });
  const hub = hubOf(other);
  const { wire } = connect(hub);
  await world.pass(100);
  other.store.isCut = true;
  await world.pass(1_500);
  wire.take();
  await world.done(one.manager.apply(added("web-1")), 10);
  expect(typesOf(wire.take())).toEqual(["delta"]);

  await world.pass(2_500);
  await world.done(one.manager.apply(added("web-2")), 10);
  expect(other.manager.version).toBe(2);
  const late = connect(hub);
  await world.pass(1_000);
  expect([...wire.take(), ...late.wire.take()]).toEqual([]);
  expect(() => hub.snapshot({ space: "main" }, 0)).toThrow("has not heard from the store");

  other.store.isCut = false;
  await world.pass(1_500);
  expect(wire.take()).toMatchObject([
    { type: "delta", version: 2 },
    { type: "sync", version: 2 },
  ]);
  expect(typesOf(late.wire.take())).toEqual(["init", "sync"]);
});

test("[N7] a reader that can't be sent anything is not taken for a stuck one", async () => {
  const [one, other] = await two({ link: true, limits: { stuckMs: 5_000 } });
  const { wire, say } = connect(hubOf(other));
  await world.pass(100);
  say({ type: "ack", n: 2 });
  other.store.isCut = true;
  await world.pass(4_000);
  await world.done(one.manager.apply(added("web-1")), 10);
  await world.pass(60_000);

  expect(wire.closedWith).toBeNull();
});
