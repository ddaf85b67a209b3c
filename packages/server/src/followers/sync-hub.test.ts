import {
  collection,
  defineModel,
  type Profile,
  patch,
  put,
  remove,
  SyncError,
  WINDOW_BYTES,
} from "@neverstale/protocol";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { StateManager } from "../authority/state-manager.ts";
import { settle, TestWire, VirtualRuntime } from "../runtime/virtual-runtime-suite.ts";
import { type SpaceView, spaceOf } from "../space/space-view.ts";
import { memoryStore } from "../store/memory.ts";
import type { MemoryData } from "../store/memory-database.ts";
import { SyncHub } from "./sync-hub.ts";

const model = defineModel({
  model: 3,
  collections: { hosts: collection(null), notes: collection(null) },
  changes: {
    host_added: put("hosts"),
    host_updated: patch("hosts"),
    host_removed: remove("hosts"),
    noted: put("notes"),
  },
});

let runtime: VirtualRuntime;
let store: ReturnType<typeof memoryStore>;
let manager: StateManager;
let hub: SyncHub;

beforeEach(async () => {
  runtime = new VirtualRuntime();
  await start();
});

/** A start of the authority on what `data` holds: nothing, or what an earlier one stored. */
async function start(data?: MemoryData): Promise<void> {
  store = memoryStore(data === undefined ? {} : { data });
  const limits = { tombstones: 3, stuckMs: 60_000, foldMs: 1_000 };
  const spaces = { "output/": model };
  manager = await StateManager.openWith({ model, spaces, store, limits }, runtime);
  hub = new SyncHub(manager, { frames: runtime.frames, beaconMs: 30_000 });
}

interface Reader {
  readonly wire: TestWire;
  say(message: unknown): void;
  readonly cursor: ReturnType<SyncHub["attach"]>;
}

function connect(
  profile: Profile = "v1",
  resume: { epoch: string; version: number; space?: string } | null = null,
): Reader {
  const wire = new TestWire();
  const space = resume?.space ?? manager.space("main")?.creationId ?? "";
  const position = resume === null ? null : { epoch: resume.epoch, space, version: resume.version };
  const cursor = hub.attach(wire, { space: "main", profile, resume: position, subject: null });
  return { wire, cursor, say: (message) => hub.receive(cursor, JSON.stringify(message)) };
}

async function apply(type: string, target: string, data: Record<string, string | number> = {}): Promise<number> {
  const done = manager.apply({ type, target, data });
  await runtime.pass(1);
  return (await done).version;
}

/** Of a `sync`: the time it was sent. */
const AT: number = expect.any(Number);

const isSync = ({ messages: [text] }: { messages: readonly string[] }) => text?.startsWith('{"type":"sync"') ?? false;

const types = (messages: readonly Record<string, unknown>[]) => messages.map(({ type }) => type);

describe("connect", () => {
  test("[A6] a new connection gets the state with its version, digest and epoch, then what moves, without a gap", async () => {
    await apply("host_added", "web-1", { cpu: 1 });
    const { wire } = connect();
    await runtime.pass(10);
    await apply("host_updated", "web-1", { cpu: 2 });

    const [init, sync, delta] = wire.take();
    const facts = { epoch: manager.epoch, space: manager.space("main")?.creationId, model: 3, beaconMs: 30_000 };
    expect(init).toMatchObject({ type: "init", version: 1, ...facts, lineage: [[manager.epoch, 1]] });
    expect(init?.payload).toEqual({ hosts: [{ id: "web-1", cpu: 1 }], notes: [] });
    expect(sync).toEqual({ type: "sync", version: 1, head: 1, digest: init?.digest, at: AT });
    expect(delta).toEqual({ type: "delta", from: 1, version: 2, payload: { hosts: { set: { "web-1": { cpu: 2 } } } } });
  });

  test("[E4] what moves while a snapshot is being built follows it as a diff, with the digest behind it", async () => {
    const { wire } = connect();
    await apply("host_added", "web-1");
    await runtime.pass(10);

    expect(types(wire.take())).toEqual(["init", "delta", "sync"]);
    expect(wire.closedWith).toBeNull();
  });

  test("[A8] many connections at once share one snapshot", async () => {
    await apply("host_added", "web-1");
    const readers = Array.from({ length: 500 }, () => connect());
    await runtime.pass(2);
    await apply("host_updated", "web-1", { cpu: 1 });
    const late = Array.from({ length: 500 }, () => connect());
    await runtime.pass(20);

    for (const { wire } of [...readers, ...late])
      expect(wire.received.at(-1)).toMatchObject({ type: "sync", version: 2 });
    expect(hub.metrics.snapshotBuilds).toBeLessThanOrEqual(2);
  });

  test("[A8] who comes and goes while a snapshot is being built starts no other", async () => {
    await apply("host_added", "web-1");
    for (let i = 0; i < 20; i += 1) hub.detach(connect().cursor);
    await runtime.pass(2);
    hub.detach(connect().cursor);
    await runtime.pass(20);

    expect(hub.metrics.snapshotBuilds).toBe(1);
    const { wire } = connect();
    await runtime.pass(10);
    await apply("host_updated", "web-1", { cpu: 1 });
    expect(types(wire.take())).toEqual(["init", "sync", "delta"]);
  });

  test("[A8] who comes soon after all have left finds their snapshot; then it is let go of", async () => {
    const { cursor } = connect();
    await runtime.pass(10);
    hub.detach(cursor);
    await runtime.pass(5_000);
    const { wire, cursor: second } = connect();
    await runtime.pass(10);

    expect(types(wire.take())).toEqual(["init", "sync"]);
    expect(hub.metrics.snapshotBuilds).toBe(1);

    hub.detach(second);
    await runtime.pass(12_000);
    connect();
    await runtime.pass(10);
    expect(hub.metrics.snapshotBuilds).toBe(2);
  });

  test("[A8] a plain connection's first state is at or above the head when it connected", async () => {
    const first = connect("plain");
    await runtime.pass(10);
    await apply("host_added", "web-1");
    const second = connect("plain");
    await runtime.pass(10);

    expect(first.wire.take()).toMatchObject([
      { type: "init", version: 0 },
      { type: "delta", version: 1, payload: { type: "host_added", target: "web-1", data: { id: "web-1" } } },
    ]);
    expect(second.wire.take()).toMatchObject([{ type: "init", version: 1 }]);
  });
});

describe("resume", () => {
  test("[E4] a resumed connection gets sync with the facts, one diff over all it missed, and sync with digest, in one write", async () => {
    await apply("host_added", "web-1", { cpu: 1 });
    for (let cpu = 2; cpu < 10; cpu += 1) await apply("host_updated", "web-1", { cpu });
    const { wire } = connect("v1", { epoch: manager.epoch, version: 1 });

    const [first, delta, last] = wire.take();
    expect(first).toMatchObject({
      type: "sync",
      version: 1,
      head: 9,
      epoch: manager.epoch,
      model: 3,
      beaconMs: 30_000,
    });
    expect(delta).toEqual({ type: "delta", from: 1, version: 9, payload: { hosts: { set: { "web-1": { cpu: 9 } } } } });
    expect(last).toEqual({ type: "sync", version: 9, head: 9, digest: manager.space("main")?.digest(), at: AT });
  });

  test("[E2] at the head the missed diff is empty and left out", async () => {
    const version = await apply("host_added", "web-1");
    const { wire } = connect("v1", { epoch: manager.epoch, version });

    expect(types(wire.take())).toEqual(["sync", "sync"]);
    expect(hub.metrics.resumed).toBe(1);
  });

  test("[E1] a restart draws a new epoch, and a position of the old one resumes by diff", async () => {
    await apply("host_added", "web-1");
    const old = { epoch: manager.epoch, version: 1 };
    await start(store.dump());
    await apply("host_added", "web-2");
    const { wire } = connect("v1", old);

    expect(manager.epoch).not.toBe(old.epoch);
    const [first] = wire.received;
    expect(first).toMatchObject({
      type: "sync",
      version: 1,
      epoch: manager.epoch,
      lineage: [
        [old.epoch, 1],
        [manager.epoch, 2],
      ],
    });
    expect(wire.received[1]).toMatchObject({ type: "delta", from: 1, version: 2 });
  });

  test("[E3] after a restore nobody is resumed into the wrong history", async () => {
    await apply("host_added", "web-1");
    const backup = store.dump();
    const backupEpoch = manager.epoch;
    await apply("host_added", "lost");
    const beyond = { epoch: backupEpoch, version: manager.version };
    await start(backup);
    await apply("host_added", "other");
    const wrong = connect("v1", beyond);
    const right = connect("v1", { epoch: backupEpoch, version: 1 });
    await runtime.pass(10);

    expect(wrong.wire.received[0]).toMatchObject({ type: "init", epoch: manager.epoch });
    expect(right.wire.received[0]).toMatchObject({ type: "sync", version: 1 });
    expect(hub.metrics.fullStates).toEqual({ ahead: 1 });
  });

  test("[E2] an unknown epoch, or another creation of the space, gets the full state", async () => {
    await apply("host_added", "web-1");
    const readers = [
      connect("v1", { epoch: "unknown", version: 1 }),
      connect("v1", { epoch: manager.epoch, version: 1, space: "x" }),
    ];
    await runtime.pass(10);

    for (const { wire } of readers) expect(wire.received[0]).toMatchObject({ type: "init" });
    expect(hub.metrics.fullStates).toEqual({ epoch: 2 });
  });

  test("[E2] where the tombstones don't reach back to a position it gets the full state", async () => {
    for (const id of ["1", "2", "3", "4"]) await apply("host_added", id);
    for (const id of ["1", "2", "3", "4"]) await apply("host_removed", id);
    const gone = connect("v1", { epoch: manager.epoch, version: 4 });
    const held = connect("v1", { epoch: manager.epoch, version: 5 });
    await runtime.pass(10);

    expect(gone.wire.received[0]).toMatchObject({ type: "init" });
    expect(held.wire.received[1]).toMatchObject({
      type: "delta",
      from: 5,
      payload: { hosts: { remove: ["4", "3", "2"] } },
    });
  });
});

describe("beacon and check", () => {
  test("[A7] the beacon names the last version put, and at the head its digest", async () => {
    await apply("host_added", "web-1");
    const v1 = connect();
    const plain = connect("plain");
    await runtime.pass(10);
    v1.wire.take();
    plain.wire.take();
    await runtime.pass(30_000);

    const digest = manager.space("main")?.digest();
    expect(v1.wire.take()).toEqual([{ type: "sync", version: 1, head: 1, digest, at: AT }]);
    expect(plain.wire.take()).toEqual([{ type: "sync", version: 1 }]);
  });

  test("[M2] each beacon tells the time at which it is sent, however long nothing has moved", async () => {
    const { wire } = connect();
    const other = connect();
    await runtime.pass(10);
    const begun = runtime.wallTime() - runtime.now();
    wire.take();
    other.wire.take();

    await runtime.pass(60_000);

    const times = [begun + 30_000, begun + 60_000];
    for (const reader of [wire, other.wire]) {
      const beacons = reader.take().filter(({ type }) => type === "sync");
      expect(beacons.map(({ at }) => at)).toEqual(times);
    }
  });

  test("[M2] one frame serves all at one head, and none that is sent a tenth of a second later", async () => {
    const encode = vi.spyOn(runtime.frames, "encode");
    for (let readers = 0; readers < 20; readers++) connect();
    await runtime.pass(10);
    const first = encode.mock.results.filter(({ value }) => isSync(value)).length;
    await runtime.pass(100);
    connect();
    await runtime.pass(10);

    expect(first).toBe(1);
    expect(encode.mock.results.filter(({ value }) => isSync(value)).length).toBe(2);
  });

  test("[M2] what a resumed connection is sent tells the time of its coming, the answer to a check that of the answer", async () => {
    await apply("host_added", "web-1");
    await apply("host_updated", "web-1", { cpu: 1 });
    const position = { epoch: manager.epoch, version: 1 };
    connect("v1", position);
    await runtime.pass(3_600_000);
    const came = runtime.wallTime();
    const { wire, say } = connect("v1", position);
    await runtime.pass(5);
    const answered = runtime.wallTime();
    say({ type: "check", n: 1 });

    const told = wire.take().filter(({ type }) => type === "sync");
    expect(told.map(({ at }) => at)).toEqual([came, came, answered]);
  });

  test("[A7] a connection that is held back gets a beacon without digest, and the due one behind the frame that levels it", async () => {
    const { wire } = connect();
    await runtime.pass(10);
    wire.take();
    wire.congested = true;
    await apply("host_added", "web-1");
    await runtime.pass(30_000);
    const held = wire.take();
    wire.congested = false;
    await runtime.pass(10);

    expect(held).toEqual([{ type: "sync", version: 0, head: 1, at: AT }]);
    expect(types(wire.take())).toEqual(["delta", "sync"]);
  });

  test("[A7] a check before the first message is answered right after it; later ones at once", async () => {
    const { wire, say } = connect();
    say({ type: "check", n: 1 });
    expect(wire.take()).toEqual([]);
    await runtime.pass(10);
    const first = wire.take();
    say({ type: "check", n: 2 });

    expect(first.map(({ type, check }) => [type, check])).toEqual([
      ["init", undefined],
      ["sync", 1],
      ["sync", undefined],
    ]);
    expect(wire.take()).toMatchObject([{ type: "sync", check: 2, version: 0, head: 0 }]);
  });
});

describe("window", () => {
  const big = "x".repeat(300_000);

  test("[A4b] [B18] no frame is put while a window of bytes is unacked; an ack lets one diff over the rest go out", async () => {
    const { wire, say } = connect();
    await runtime.pass(10);
    for (let i = 0; i < 6; i += 1) await apply("noted", "n", { text: big + i });
    const put = wire.take();
    say({ type: "ack", n: put.length });
    await runtime.pass(10);

    expect(types(put)).toEqual(["init", "sync", "delta", "delta", "delta", "delta"]);
    expect(put.reduce((sum, message) => sum + JSON.stringify(message).length, 0)).toBeGreaterThan(WINDOW_BYTES);
    expect(wire.take()).toMatchObject([{ type: "delta", from: 4, version: 6 }]);
    expect(hub.metrics.windowFull).toBeGreaterThan(0);
  });

  test("[A4b] a plain connection has no window: its socket is the only signal", async () => {
    const { wire } = connect("plain");
    await runtime.pass(10);
    for (let i = 0; i < 6; i += 1) await apply("noted", "n", { text: big + i });

    expect(wire.take()).toHaveLength(7);
  });

  test("[A4b] an ack beyond what was put, or below the last one, is a bad message", async () => {
    const { wire, say } = connect();
    await runtime.pass(10);
    say({ type: "ack", n: 99 });

    expect(wire.closedWith).toBe(4400);
    expect(wire.received.at(-1)).toMatchObject({ type: "error", code: "bad_message" });
  });

  test("[A5] a reader that takes nothing for a minute is closed with 4408; one that acks now and then is not", async () => {
    const stuck = connect();
    const slow = connect();
    await runtime.pass(10);
    for (let i = 0; i < 6; i += 1) await apply("noted", "n", { text: big + i });
    await runtime.pass(50_000);
    slow.say({ type: "ack", n: 3 });
    await runtime.pass(15_000);

    expect(stuck.wire.closedWith).toBe(4408);
    expect(slow.wire.closedWith).toBeNull();
    expect(hub.metrics.tooSlow).toBe(1);
  });

  test("[A5] one that owes an ack for a minute is stuck, however little it was sent; one that owes none is not", async () => {
    const silent = connect();
    const quiet = connect();
    await runtime.pass(10);
    quiet.say({ type: "ack", n: 2 });
    await runtime.pass(62_000);

    expect(silent.wire.closedWith).toBe(4408);
    expect(quiet.wire.closedWith).toBeNull();
  });

  test("who is behind is counted once a second, with how long the slowest has taken nothing", async () => {
    connect();
    const quiet = connect();
    await runtime.pass(10);
    quiet.say({ type: "ack", n: 2 });
    await runtime.pass(20_000);
    const { readersBehind, longestBehindMs } = hub.metrics;
    await runtime.pass(45_000);
    quiet.say({ type: "ack", n: quiet.cursor.window.put });
    await runtime.pass(2_000);

    expect(readersBehind).toBe(1);
    expect(longestBehindMs).toBeGreaterThan(18_000);
    expect(longestBehindMs).toBeLessThanOrEqual(20_010);
    expect(hub.metrics).toMatchObject({ connections: 1, tooSlow: 1, readersBehind: 0, longestBehindMs: 0 });
  });

  test("[A5] to ack the same frame again and again is no progress", async () => {
    const { wire, say } = connect();
    await runtime.pass(10);
    say({ type: "ack", n: 1 });
    for (let seconds = 0; seconds < 62; seconds += 2) {
      await runtime.pass(2_000);
      say({ type: "ack", n: 1 });
    }

    expect(wire.closedWith).toBe(4408);
  });
});

describe("get_state", () => {
  test("[A8] from the moment it is taken no delta is put until its answer, which is at or above the cursor", async () => {
    const { wire, say } = connect();
    await runtime.pass(10);
    await apply("host_added", "web-1");
    say({ type: "ack", n: 3 });
    wire.take();
    say({ type: "get_state", reason: "manual" });
    const done = manager.apply({ type: "host_added", target: "web-2", data: {} });
    await runtime.pass(1);
    await done;
    expect(wire.take()).toEqual([]);
    await runtime.pass(10);

    const answer = wire.take();
    expect(types(answer)).toEqual(["full_state", "delta", "sync"]);
    expect(answer[0]).toMatchObject({ version: 1 });
    expect(hub.metrics.fullStates.asked_manual).toBe(1);
  });

  test("[A8] while a full state is unacked another request is answered by that one", async () => {
    const { wire, say } = connect();
    await runtime.pass(10);
    say({ type: "ack", n: 2 });
    say({ type: "get_state", reason: "manual" });
    await runtime.pass(10);
    say({ type: "get_state", reason: "gap" });
    await runtime.pass(10);

    expect(types(wire.take()).filter((type) => type === "full_state")).toHaveLength(1);
  });

  test("[A8] plain requests within a second of a snapshot are answered by one at the end of that second", async () => {
    const { wire, say } = connect("plain");
    await runtime.pass(10);
    wire.take();
    say({ type: "get_state" });
    await runtime.pass(10);
    say({ type: "get_state" });
    say({ type: "get_state" });
    await runtime.pass(500);
    const soon = wire.take();
    await runtime.pass(600);

    expect(types(soon)).toEqual(["full_state"]);
    expect(types(wire.take())).toEqual(["full_state"]);
  });

  test("[A10] [B11] a connection that keeps asking for the state is sent away for a while", async () => {
    const { wire, say } = connect();
    await runtime.pass(10);
    for (let i = 0; i < 40; i += 1) say({ type: "get_state", reason: "manual" });

    expect(wire.closedWith).toBe(1013);
    expect(wire.received.at(-1)).toMatchObject({ type: "error", code: "too_many_requests", retryAfterMs: 5_000 });
  });

  test("[A9] a state that can't be built is an error, never an empty state", async () => {
    await apply("host_added", "web-1");
    const encode = runtime.frames.encodeLarge;
    runtime.frames.encodeLarge = () => Promise.reject(new Error("out of memory"));
    const { wire } = connect();
    await runtime.pass(10);
    runtime.frames.encodeLarge = encode;

    expect(wire.received).toMatchObject([{ type: "error", code: "snapshot_failed" }]);
    expect(wire.closedWith).toBe(1013);
  });

  test("[A9] [B45] a state that is too large says so to whoever asks for it, with what to do", async () => {
    const said = { message: "the full state is larger than 64 bytes", hint: "Keep fewer records." };
    runtime.frames.encodeLarge = () => Promise.reject(new SyncError("snapshot_failed", said.message, said));
    const { wire } = connect();
    await runtime.pass(10);

    expect(wire.received).toMatchObject([{ type: "error", code: "snapshot_failed", ...said, retryAfterMs: 5_000 }]);
  });
});

test("[A8] a state of large records is encoded in parts of a bounded size", async () => {
  const note = "x".repeat(100_000);
  for (let i = 0; i < 20; i += 1) await apply("host_added", `web-${i}`, { note });
  const encode = runtime.frames.encodeLarge;
  let parts: string[] = [];
  runtime.frames.encodeLarge = (given: Iterable<string>) => {
    parts = [...given];
    return encode(parts);
  };
  const { wire } = connect();
  await runtime.pass(10);

  expect(wire.received[0]?.payload).toEqual({ hosts: [...(manager.state.hosts?.values() ?? [])], notes: [] });
  expect(Math.max(...parts.map((part) => part.length))).toBeLessThan(300_000);
});

test("[A10] [B17] a connection that is sent nothing for 5 s, while no state is being built for it, is closed and counted", async () => {
  runtime.frames.encodeLarge = () => new Promise(() => {});
  const waiting = connect();
  const forgotten = connect();
  forgotten.cursor.building = false;
  await runtime.pass(7_000);

  expect(waiting.wire.closedWith).toBeNull();
  expect(forgotten.wire.closedWith).toBe(1013);
  expect(forgotten.wire.received).toMatchObject([{ type: "error", retryAfterMs: 5_000 }]);
  expect(hub.metrics.lateFirstMessages).toBe(1);
});

test("what fails while a connection is being let in leaves nothing of it behind", async () => {
  spaceOf(manager.space("main") as SpaceView).canDiffFrom = () => throwing("tombstones");
  expect(() => connect("v1", { epoch: manager.epoch, version: 0 })).toThrow("tombstones");

  expect(hub.metrics.connections).toBe(0);
  expect([...hub.cursors]).toEqual([]);
});

function throwing(what: string): never {
  throw new Error(what);
}

describe("the plain profile", () => {
  test("[P4] what a plain reader asks for again and again and never reads does not pile up", async () => {
    const { wire, say } = connect("plain");
    await runtime.pass(10);
    wire.congested = true;
    wire.take();
    for (let second = 0; second < 20; second += 1) {
      say({ type: "get_state" });
      await apply("host_added", `web-${second}`);
      await runtime.pass(1_000);
    }
    expect(types(wire.take()).filter((type) => type === "full_state")).toEqual([]);

    wire.congested = false;
    await runtime.pass(10);
    const [full, ...rest] = wire.take();
    expect(full?.type).toBe("full_state");
    expect(types(rest).every((type) => type === "delta")).toBe(true);
    expect(((full?.version as number) ?? 0) + rest.length).toBe(20);
  });

  test("[S5] shows the changes of a transaction one by one", async () => {
    const { wire } = connect("plain");
    await runtime.pass(10);
    const done = manager.transact(() => [
      { type: "host_added", target: "1", data: {} },
      { type: "host_updated", target: "1", data: { cpu: 1 } },
    ]);
    await runtime.pass(1);
    await done;

    expect(wire.take().slice(1)).toEqual([
      { type: "delta", version: 1, payload: { type: "host_added", target: "1", data: { id: "1" } } },
      { type: "delta", version: 2, payload: { type: "host_updated", target: "1", data: { cpu: 1 } } },
    ]);
  });

  test("[A5] [B21] a plain cursor that leaves the log of changes gets a full state", async () => {
    const { wire } = connect("plain");
    const other = connect("plain");
    await runtime.pass(10);
    wire.take();
    wire.congested = true;
    for (let i = 0; i < 20; i += 1) await apply("noted", "n", { text: "x".repeat(500_000) + i });
    wire.congested = false;
    await runtime.pass(20);

    expect(wire.take()).toMatchObject([{ type: "full_state", version: 20 }]);
    expect(other.wire.received).toHaveLength(21);
    expect(hub.metrics.fullStates.plain_log).toBe(1);
  });
});

describe("the end of a connection", () => {
  test("[A11] whoever loses the right is sent nothing more and closed with the code that says why", async () => {
    const one = hub.attach(new TestWire(), { space: "main", profile: "v1", resume: null, subject: { user: "ann" } });
    const two = connect();
    await runtime.pass(10);
    const revoked = hub.revoke((subject) => ((subject as { user?: string } | null)?.user === "ann" ? 4401 : null));
    await apply("host_added", "web-1");

    expect(revoked).toBe(1);
    expect((one.wire as TestWire).closedWith).toBe(4401);
    expect(types((one.wire as TestWire).received)).toEqual(["init", "sync"]);
    expect(types(two.wire.received)).toEqual(["init", "sync", "delta"]);
  });

  test("garbage is answered with bad_message and 4400, and nobody else notices", async () => {
    for (const garbage of [
      "{",
      "[]",
      '{"type":"ack"}',
      '{"type":"check","n":-1}',
      '{"type":"get_state","reason":"x"}',
      '{"__proto__":{}}',
    ]) {
      const { wire, cursor } = connect();
      hub.receive(cursor, garbage);
      expect(wire.closedWith).toBe(4400);
      expect(wire.received.at(-1)).toMatchObject({ type: "error", code: "bad_message" });
    }
    expect(hub.metrics).toMatchObject({ badMessages: 6, connections: 0 });
  });

  test("[A10] [B10] a connection that floods is sent away for a while", async () => {
    const { wire, say } = connect();
    await runtime.pass(10);
    for (let i = 1; i < 600; i += 1) say({ type: "check", n: i });

    expect(wire.closedWith).toBe(1013);
  });

  test("[A10] a reader that acks every frame of many is no flood", async () => {
    const { wire, say } = connect();
    await runtime.pass(10);
    for (let i = 1; i < 600; i += 1) {
      await apply("host_added", "web-1", { cpu: i });
      say({ type: "ack", n: wire.received.length });
    }

    expect(wire.closedWith).toBeNull();
  });

  test("a space that ends closes its followers with 4404; one made again under the name is another space", async () => {
    const made = manager.transact((_, transaction) => {
      transaction.add("output/1", [{ type: "noted", target: "n", data: {} }]);
      return [];
    });
    await runtime.pass(1);
    await made;
    const wire = new TestWire();
    const before = manager.space("output/1");
    hub.attach(wire, { space: "output/1", profile: "v1", resume: null, subject: null });
    await runtime.pass(10);
    const again = manager.transact((_, transaction) => {
      transaction.removeSpace("output/1", { archive: true });
      transaction.add("output/1", [{ type: "noted", target: "m", data: {} }]);
      return [];
    });
    await runtime.pass(1);
    await again;

    expect(wire.closedWith).toBe(4404);
    expect(manager.space("output/1")?.creationId).not.toBe(before?.creationId);
    expect([...(manager.space("output/1")?.state.notes?.keys() ?? [])]).toEqual(["m"]);
    expect(() => hub.attach(new TestWire(), { space: "output/2", profile: "v1", resume: null, subject: null })).toThrow(
      expect.objectContaining({ code: "unknown_space" }),
    );
  });

  test.each(["", "out/\ud800", "out/a\0b", `out/${"x".repeat(60_000)}`, "__proto__", Symbol("out"), null])(
    "[S4] who asks for a space of a name that none can have is told so in a message that every replica can read",
    (name) => {
      const follow = () =>
        hub.attach(new TestWire(), { space: name as string, profile: "v1", resume: null, subject: null });

      expect(follow).toThrow(
        expect.objectContaining({ code: "unknown_space", message: "no space can have that name" }),
      );
    },
  );

  test("a graceful end sends everyone away with 1012", async () => {
    const { wire } = connect();
    await runtime.pass(10);
    hub.close();
    await settle();

    expect(wire.closedWith).toBe(1012);
    expect(hub.metrics.connections).toBe(0);
  });
});

test("[A4] cursors at the same position share one frame, and a lagging one gets one diff over all it missed", async () => {
  const readers = Array.from({ length: 10 }, () => connect());
  await runtime.pass(10);
  const lagging = readers[0] as Reader;
  lagging.wire.congested = true;
  for (let i = 0; i < 5; i += 1) await apply("noted", `n${i}`);
  const diffs = hub.metrics.diffs;
  lagging.wire.congested = false;
  await runtime.pass(10);

  expect(diffs).toBe(5);
  expect(lagging.wire.received.at(-1)).toMatchObject({ type: "delta", from: 0, version: 5 });
  expect(hub.metrics.diffs).toBe(6);
});

test("[A5] a diff larger than the snapshot is not sent: the cursor is moved to the snapshot", async () => {
  const { wire, say } = connect();
  await runtime.pass(10);
  wire.congested = true;
  await apply("host_added", "h".repeat(500), { cpu: 1 });
  await apply("host_removed", "h".repeat(500));
  await apply("host_added", "i".repeat(500), { cpu: 1 });
  await apply("host_removed", "i".repeat(500));
  wire.take();
  wire.congested = false;
  say({ type: "ack", n: 2 });
  await runtime.pass(20);

  expect(types(wire.take())).toEqual(["full_state", "sync"]);
  expect(hub.metrics.fullStates.smaller).toBe(1);
});
