import { beforeEach, expect, test } from "vitest";
import { SyncHub } from "../followers/sync-hub.ts";
import { TestWire } from "../runtime/virtual-runtime-suite.ts";
import type { ChainEntry } from "../store/contract.ts";
import { MemoryStore } from "../store/memory.ts";
import type { HttpTarget } from "../transport/http/address.ts";
import { newHttpReadMetrics } from "../transport/http/http-metrics.ts";
import { HttpRoutes } from "../transport/http/http-routes.ts";
import type { Reply } from "../transport/http/reply.ts";
import { added, NodeWorld, type TestNode } from "./node-world-suite.ts";

const BEACON_MS = 2_000;

const NO_OUTLET = {
  begin: () => {},
  write: () => {},
  end: () => {},
  together: (run: () => void) => run(),
  congested: false,
  sentBytes: 0,
};

let world: NodeWorld;

beforeEach(() => {
  world = new NodeWorld();
});

async function two(options = {}): Promise<[TestNode, TestNode]> {
  return [await world.start("one:80", options), await world.start("two:80", options)];
}

/** Another process takes over, which is no node of this world and never beats. */
async function takenOverBy(epoch: string): Promise<void> {
  const store = new MemoryStore({ database: world.database });
  const { head: after } = await store.read();
  await store.takeOver({ epoch, address: `${epoch}:80`, model: 1, at: 0, ageAt: 0, after });
}

/** The database has lost the newest change, the writer does not know it, and the other node has read everything anew. */
async function reloaded(): Promise<[TestNode, TestNode]> {
  const [one, other] = await two();
  await world.done(one.manager.apply(added("web-1")));
  const image = world.database.dump();
  await world.done(one.manager.apply(added("web-2")));
  await world.pass(300);
  one.store.isPaused = true;
  world.database.restore(image);
  await world.pass(500);
  expect(other.manager.node).toMatchObject({ isServing: false });
  return [one, other];
}

test("[N9] a reloaded node does not serve by a head that went up and was lost again before the node had read it", async () => {
  const [, other] = await reloaded();
  const image = world.database.dump();
  await takenOverBy("third");

  let lost = 0;
  other.store.onConfirmed = () => {
    if (lost === 0) world.database.restore(image);
    lost += 1;
  };
  await world.pass(300);

  expect(lost).toBeGreaterThan(0);
  expect(other.manager.node).toMatchObject({ isServing: false });
});

test("[N9] a push does not make a reloaded node serve, whatever it is", async () => {
  const [one, other] = await two({ link: true });
  await world.done(one.manager.apply(added("web-1")));
  const image = world.database.dump();
  const late: ChainEntry[] = [];
  world.links.onPush = (entry) => late.push(entry);
  await world.done(one.manager.apply(added("web-2")));
  await world.pass(1_500);
  one.store.isPaused = true;
  world.database.restore(image);
  await world.pass(1_100);
  expect(other.manager.node).toMatchObject({ isServing: false });

  for (const entry of late) world.links.deliver(entry);
  await world.pass(1);

  expect(other.manager.version).toBe(2);
  expect(other.manager.node).toMatchObject({ isServing: false });
});

test("[N9] the beat of another server does not make a reloaded node serve, and the next beat of the same one does", async () => {
  const [, other] = await reloaded();
  const data = world.database.dump();
  world.database.restore({ ...data, beat: data.beat + 5 });
  await world.pass(600);
  expect(other.manager.node).toMatchObject({ isServing: false });

  world.database.beat();
  await world.pass(300);
  expect(other.manager.node).toMatchObject({ isServing: true });
});

test("[N9] a node that does not serve gives no snapshot over HTTP, and none of what is lost when it serves again", async () => {
  const [one, other] = await two();
  const hub = new SyncHub(other.manager, { frames: world.runtime.frames, beaconMs: BEACON_MS });
  const routes = new HttpRoutes(other.manager, hub, newHttpReadMetrics());
  const answer = async (asked: HttpTarget): Promise<Reply> => {
    const replies: Reply[] = [];
    const attachment = { space: "main", profile: "v1", resume: null, subject: null } as const;
    routes.answer(
      { asked, attachment, audience: "session", known: undefined },
      { ...NO_OUTLET, reply: (reply) => void replies.push(reply) },
    );
    await world.pass(20);
    return replies[0] as Reply;
  };
  await world.done(one.manager.apply(added("web-1")));
  const image = world.database.dump();
  await world.done(one.manager.apply(added("web-2")));
  await world.pass(300);
  const snapshot = { type: "snapshot", atLeast: 0 } as const;
  expect((await answer(snapshot)).status).toBe(302);
  const { epoch, version } = other.manager;
  const position = { epoch, space: other.manager.space("main")?.creationId ?? "", version };
  const lost = { type: "state", position } as const;
  expect((await answer(lost)).status).toBe(200);

  one.store.isPaused = true;
  world.database.restore(image);
  await world.pass(500);
  expect([(await answer(snapshot)).status, (await answer(lost)).status]).toEqual([503, 302]);

  await world.pass(5_000);
  expect(other.manager.node).toMatchObject({ isServing: true });
  expect((await answer(lost)).status).toBe(302);
});

test("[N4] a confirmation belongs to one entry: what is pushed late, from a lost tail, is not vouched for", async () => {
  const [one, other] = await two({ link: true });
  const late: ChainEntry[] = [];
  const image = world.database.dump();
  world.links.onPush = (entry) => late.push(entry);
  await world.done(one.manager.apply(added("web-1")), 5);
  one.store.isPaused = true;
  world.database.restore(image);
  const hub = new SyncHub(other.manager, { frames: world.runtime.frames, beaconMs: BEACON_MS });
  await world.pass(BEACON_MS - 50);
  const wire = new TestWire();
  hub.attach(wire, { space: "main", profile: "v1", resume: null, subject: null, steps: true });
  await world.pass(20);
  wire.take();

  for (const entry of late) world.links.deliver(entry);
  other.store.isPaused = true;
  await world.pass(100);

  expect(wire.take()).toMatchObject([{ type: "delta", version: 1 }]);
  other.store.isPaused = false;
  await world.pass(100);
  expect(wire.take()).toEqual([]);
  expect(wire.closedWith).toBe(1012);
});

test("[N4] a writer that commits without a pause vouches for each of its entries, by the commit itself", async () => {
  const [one] = await two();
  const hub = new SyncHub(one.manager, { frames: world.runtime.frames, beaconMs: 1_000 });
  const wire = new TestWire();
  const cursor = hub.attach(wire, { space: "main", profile: "v1", resume: null, subject: null, steps: true });
  for (let n = 0; n < 1_200; n += 1) {
    one.manager.apply(added("web-1", { n })).catch(() => {});
    await world.pass(1);
    hub.receive(cursor, JSON.stringify({ type: "ack", n: cursor.window.put }));
  }

  const beacons = wire.received.filter(({ digest }) => digest !== undefined);
  expect(beacons.length).toBeGreaterThan(1);
});

test("[N4] a node that hears of entries all the time vouches for those that it has read, and its readers stay level", async () => {
  const [one, other] = await two({ link: true });
  const hub = new SyncHub(other.manager, { frames: world.runtime.frames, beaconMs: 1_000 });
  const wire = new TestWire();
  const cursor = hub.attach(wire, { space: "main", profile: "v1", resume: null, subject: null, steps: true });
  for (let n = 0; n < 3_500; n += 1) {
    one.manager.apply(added("web-1", { n })).catch(() => {});
    await world.pass(1);
    hub.receive(cursor, JSON.stringify({ type: "ack", n: cursor.window.put }));
  }

  const beacons = wire.received.filter(({ digest }) => digest !== undefined);
  expect(beacons.length).toBeGreaterThanOrEqual(3);
});

test("[T4] a beat whose outcome is unknown ends the term, so that a late one proves nothing of what was lost since", async () => {
  const one = await world.start("one:80");
  const { epoch } = one.manager;
  one.store.losesBeat = true;

  await world.pass(6_000);

  expect(one.store.losesBeat).toBe(false);
  expect(one.manager.epoch).not.toBe(epoch);
  expect((await world.chain()).map(({ type }) => type)).toEqual(["takeover", "group", "takeover"]);
});

test("[T4] there is no beat while the answer to a takeover is out", async () => {
  const one = await world.start("one:80");
  one.store.takeoverMs = 5_000;
  const taking = one.manager.takeOver();
  const before = one.store.beats;
  await world.pass(4_000);
  expect(one.store.beats).toBe(before);

  await world.done(taking, 2_000);
  expect(one.manager.node).toMatchObject({ role: "writer" });
});

test("[T2] a writer that doesn't know what became of its group is not the writer again by its own takeover, though that is the newest entry", async () => {
  const [one, other] = await two();
  await world.done(other.manager.takeOver());
  const { epoch } = other.manager;
  const image = world.database.dump();
  expect((await world.chain()).at(-1)).toMatchObject({ type: "takeover", term: epoch });
  one.store.isPaused = true;
  other.store.loses = { isStored: true };
  const call = other.manager.apply(added("web-1"));
  call.catch(() => {});
  await world.pass(2);
  world.database.restore(image);

  await world.pass(8_000);

  await expect(call).rejects.toMatchObject({ code: "store_unavailable" });
  const applied = await world.done(other.manager.apply(added("web-2")));
  expect(applied.epoch).not.toBe(epoch);
  expect((await world.chain()).filter(({ type, term }) => type === "group" && term === epoch)).toEqual([]);
});

test("[T2] a group that was seen in the chain, and that the database has lost before the next takeover, is told as not stored", async () => {
  const [one, other] = await two();
  other.store.isPaused = true;
  const image = world.database.dump();
  one.store.takeoverMs = 300;
  one.store.loses = { isStored: true };
  const call = one.manager.apply(added("web-1"));
  call.catch(() => {});
  await world.pass(50);
  expect(one.manager.version).toBe(1);

  world.database.restore(image);
  await world.pass(9_000);

  await expect(call).rejects.toMatchObject({ code: "store_unavailable" });
  expect(one.manager.version).toBe(0);
});

test("[N1] two entries that are too large for one answer of the store are read one after the other", async () => {
  const [one, other] = await two();
  const text = "x".repeat(900_000);
  for (const name of ["a", "b"]) {
    const changes = [1, 2, 3].map((n) => added(`${name}-${n}`, { text }));
    await world.done(one.manager.transact(() => changes));
  }

  await world.pass(1_000);

  expect(other.manager.capture()).toEqual(one.manager.capture());
});
