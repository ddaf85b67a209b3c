import { collection, defineModel, patch, put } from "@neverstale/protocol";
import { beforeEach, describe, expect, test } from "vitest";
import { StateManager } from "../authority/state-manager.ts";
import { TestWire, VirtualRuntime } from "../runtime/virtual-runtime-suite.ts";
import { memoryStore } from "../store/memory.ts";
import { SyncHub } from "./sync-hub.ts";

const model = defineModel({
  model: 1,
  collections: { hosts: collection(null) },
  changes: { host_added: put("hosts"), host_updated: patch("hosts") },
});

let runtime: VirtualRuntime;
let manager: StateManager;
let hub: SyncHub;

beforeEach(async () => {
  runtime = new VirtualRuntime();
  manager = await StateManager.openWith({ model, store: memoryStore(), limits: { stuckMs: 60_000 } }, runtime);
  hub = new SyncHub(manager, { frames: runtime.frames, beaconMs: 30_000 });
});

/** A reader that acks when the test says so. */
function connect({ parts = true, resume = null as number | null } = {}) {
  const wire = new TestWire();
  const position = { epoch: manager.epoch, space: manager.space("main")?.creationId ?? "", version: resume ?? 0 };
  const given = { space: "main", profile: "v1", subject: null, parts } as const;
  const cursor = hub.attach(wire, { ...given, resume: resume === null ? null : position });
  let taken = 0;
  const say = (message: unknown) => hub.receive(cursor, JSON.stringify(message));
  /** What has come since the last call; a message is what its last part brings, and no frame of its own. */
  const take = () => {
    const came = wire.take();
    taken += came.filter(
      ({ type }, index) => !(came[index - 1]?.type === "part" && type !== "part" && type !== "sync"),
    ).length;
    return came;
  };
  return { wire, cursor, say, take, ack: () => say({ type: "ack", n: taken }) };
}

/** Reads and acks until nothing more comes. */
function takeAll(reader: ReturnType<typeof connect>): Record<string, unknown>[] {
  const all: Record<string, unknown>[] = [];
  for (let came = reader.take(); came.length > 0; came = reader.take()) {
    all.push(...came);
    reader.ack();
  }
  return all;
}

async function apply(type: string, target: string, bytes: number): Promise<void> {
  const done = manager.apply({ type, target, data: { note: "x".repeat(bytes) } });
  await runtime.pass(1);
  await done;
}

const types = (messages: readonly Record<string, unknown>[]) => messages.map(({ type }) => type);
const isPart = ({ type }: Record<string, unknown>) => type === "part";

describe("a full state that is large", () => {
  test("[M9] comes in parts without a gap, none of them above 64 KiB, and then level", async () => {
    await apply("host_added", "web-1", 900_000);
    const reader = connect();
    await runtime.pass(10);

    const came = takeAll(reader);

    const parts = came.filter(isPart) as unknown as { from: number; end: number; of: number }[];
    expect(types(came).filter((type) => type !== "part")).toEqual(["init", "sync"]);
    expect(parts.map(({ from }) => from)).toEqual([0, ...parts.slice(0, -1).map(({ end }) => end)]);
    expect(parts.at(-1)?.end).toBe(parts[0]?.of);
    expect(Math.max(...parts.map(({ from, end }) => end - from))).toBe(65_536);
    expect(came.at(-1)).toMatchObject({ version: 1, head: 1, digest: manager.space("main")?.digest() });
    expect(hub.metrics.parts).toBe(parts.length);
  });

  test("[M9] who does not ask for parts is sent one frame", async () => {
    await apply("host_added", "web-1", 900_000);
    const { take } = connect({ parts: false });
    await runtime.pass(10);

    expect(types(take())).toEqual(["init", "sync"]);
  });

  test("[M9] a small one is one frame for everyone", async () => {
    await apply("host_added", "web-1", 1_000);
    const { take } = connect();
    await runtime.pass(10);

    expect(types(take())).toEqual(["init", "sync"]);
  });

  test("[B56] [M9] [P4] a reader that acks nothing is sent no more than the first 32 KiB, and a beacon between the parts", async () => {
    await apply("host_added", "web-1", 900_000);
    const { take } = connect();
    await runtime.pass(10);
    const first = take();
    await runtime.pass(30_000);

    expect(first.every(isPart)).toBe(true);
    const last = first.at(-1) as { end: number };
    expect(last.end).toBeLessThanOrEqual(40_000);
    expect(take()).toEqual([{ type: "sync", version: 0, head: 1, part: last.end, at: expect.any(Number) }]);
  });

  test("[M9] [A7] a check is answered at once between the parts, also one that came before the first of them", async () => {
    await apply("host_added", "web-1", 900_000);
    const { say, take } = connect();
    say({ type: "check", n: 1 });
    await runtime.pass(10);
    const first = take();
    say({ type: "check", n: 2 });

    expect(types(first).slice(0, 2)).toEqual(["part", "sync"]);
    expect(first[1]).toMatchObject({ version: 0, check: 1, part: (first[0] as { end: number }).end });
    expect(take()).toMatchObject([{ type: "sync", version: 0, check: 2 }]);
  });

  test("[M9] [A4] what changes meanwhile follows as one diff, and the digest behind it", async () => {
    await apply("host_added", "web-1", 900_000);
    const reader = connect();
    await runtime.pass(10);
    const first = reader.take();
    await apply("host_added", "web-2", 1_000);
    await apply("host_added", "web-3", 1_000);
    const before = reader.take();
    reader.ack();

    const rest = takeAll(reader);

    expect([first.every(isPart), before]).toEqual([true, []]);
    expect(rest.filter((message) => !isPart(message))).toMatchObject([
      { type: "init", version: 1 },
      { type: "delta", from: 1, version: 3 },
      { type: "sync", version: 3, head: 3, digest: manager.space("main")?.digest() },
    ]);
  });

  test("[A8] a get_state that comes while it is under way is answered by it", async () => {
    await apply("host_added", "web-1", 900_000);
    const reader = connect();
    await runtime.pass(10);
    reader.say({ type: "get_state", reason: "manual" });

    const came = takeAll(reader);
    await runtime.pass(10);

    expect(types(came).filter((type) => type !== "part")).toEqual(["init", "sync"]);
    expect(reader.take()).toEqual([]);
  });

  test("[B19] [A5] a line that takes a part every ten seconds is not stuck, and one that takes none for 60 s is", async () => {
    await apply("host_added", "web-1", 100_000);
    const slow = connect();
    const dead = connect();
    await runtime.pass(10);
    for (let waited = 0; waited < 70_000; waited += 10_000) {
      slow.take();
      await runtime.pass(10_000);
      slow.ack();
    }

    expect([slow.wire.closedWith, dead.wire.closedWith]).toEqual([null, 4408]);
  });

  test("[M8] whoever is sent away in between is told why between the parts, and gets nothing more", async () => {
    await apply("host_added", "web-1", 900_000);
    const reader = connect();
    await runtime.pass(10);
    reader.take();
    reader.say({ type: "nonsense" });

    expect(types(reader.take())).toEqual(["error"]);
    expect(reader.wire.closedWith).toBe(4400);
    expect(reader.cursor.underWay).toBeNull();
  });
});

describe("a diff that is large", () => {
  test("[M9] comes in parts, and the cursor stands where it was until the last of them", async () => {
    const reader = connect();
    await runtime.pass(10);
    takeAll(reader);
    await apply("host_added", "web-1", 300_000);
    const first = reader.take();
    reader.say({ type: "check", n: 1 });
    const answer = reader.take();
    reader.ack();

    const rest = takeAll(reader);

    expect([first.every(isPart), first.length > 1]).toEqual([true, true]);
    expect(answer).toMatchObject([{ type: "sync", version: 0, head: 1, check: 1 }]);
    expect(rest.filter((message) => !isPart(message))).toMatchObject([{ type: "delta", from: 0, version: 1 }]);
    expect(reader.cursor.position).toBe(1);
  });

  test("[E4] [M9] of a resumed connection the first message is the sync with the facts, and the diff comes in parts", async () => {
    await apply("host_added", "web-1", 10);
    await apply("host_added", "web-2", 300_000);
    const reader = connect({ resume: 1 });
    await runtime.pass(1);

    const came = takeAll(reader);

    expect(types(came).filter((type) => type !== "part")).toEqual(["sync", "delta", "sync"]);
    expect(came[0]).toMatchObject({ version: 1, head: 2, epoch: manager.epoch });
    expect(came.at(-1)).toMatchObject({ version: 2, digest: manager.space("main")?.digest() });
    expect(hub.metrics.resumed).toBe(1);
  });

  test("[A8] a get_state that comes while it is under way is answered behind it, at or above it", async () => {
    const reader = connect();
    await runtime.pass(10);
    takeAll(reader);
    await apply("host_added", "web-1", 300_000);
    reader.take();
    reader.say({ type: "get_state", reason: "gap" });
    await runtime.pass(10);
    reader.ack();

    const rest = takeAll(reader);
    await runtime.pass(10);
    rest.push(...takeAll(reader));

    expect(rest.filter((message) => !isPart(message))).toMatchObject([
      { type: "delta", from: 0, version: 1 },
      { type: "full_state", version: 1 },
      { type: "sync", version: 1, head: 1 },
    ]);
  });
});

test("[M9] a congested socket owes one answer, and no part goes before it", async () => {
  await apply("host_added", "web-1", 900_000);
  const reader = connect();
  await runtime.pass(10);
  reader.take();
  reader.wire.congested = true;
  reader.say({ type: "check", n: 1 });
  reader.say({ type: "check", n: 2 });
  reader.ack();
  const held = reader.take();
  reader.wire.congested = false;
  await runtime.pass(10);

  const came = reader.take();

  expect(held).toEqual([]);
  expect(came[0]).toMatchObject({ type: "sync", check: 2 });
  expect(came[1]?.type).toBe("part");
});

test.each([60_000, 120_000])(
  "[A5] with beacons every %d ms a hidden page, which acks with the next frame or once a minute, is not stuck",
  async (beaconMs) => {
    hub = new SyncHub(manager, { frames: runtime.frames, beaconMs });
    const hidden = connect();
    const dead = connect();
    let owed = 0;
    for (let second = 0; second < 600; second += 1) {
      if (second % 97 === 3) await apply("host_added", `web-${second}`, 10);
      await runtime.pass(1_000);
      const came = hidden.take().length;
      if ((came > 0 && owed > 0) || second % 60 === 2) hidden.ack();
      owed = came > 0 || second % 60 !== 2 ? owed + came : 0;
    }

    expect(hidden.wire.closedWith).toBeNull();
    expect(dead.wire.closedWith).toBe(4408);
  },
);
