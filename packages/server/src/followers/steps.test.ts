import { collection, defineModel, type Profile, patch, put, remove, WINDOW_BYTES } from "@neverstale/protocol";
import { beforeEach, describe, expect, test } from "vitest";
import { StateManager } from "../authority/state-manager.ts";
import { TestWire, VirtualRuntime } from "../runtime/virtual-runtime-suite.ts";
import { memoryStore } from "../store/memory.ts";
import { SyncHub } from "./sync-hub.ts";

const model = defineModel({
  model: 3,
  collections: { hosts: collection(null) },
  changes: { host_added: put("hosts"), host_updated: patch("hosts"), host_removed: remove("hosts") },
});

let runtime: VirtualRuntime;
let manager: StateManager;
let hub: SyncHub;

beforeEach(async () => {
  runtime = new VirtualRuntime();
  manager = await StateManager.openWith({ model, store: memoryStore(), limits: { tombstones: 3 } }, runtime);
  hub = new SyncHub(manager, { frames: runtime.frames, beaconMs: 30_000 });
});

interface Asked {
  readonly profile?: Profile;
  readonly steps?: boolean;
  readonly parts?: boolean;
  readonly resume?: { readonly epoch: string; readonly version: number } | null;
}

function connect({ profile = "v1", steps = true, parts = false, resume = null }: Asked = {}) {
  const wire = new TestWire();
  const space = manager.space("main")?.creationId ?? "";
  const position = resume === null ? null : { ...resume, space };
  const cursor = hub.attach(wire, { space: "main", profile, steps, parts, resume: position, subject: null });
  return { wire, cursor, say: (message: unknown) => hub.receive(cursor, JSON.stringify(message)) };
}

async function level(asked: Asked = {}) {
  const reader = connect(asked);
  await runtime.pass(10);
  reader.wire.take();
  return reader;
}

async function apply(target: string, data: Record<string, string | number> = {}, type = "host_added"): Promise<number> {
  const done = manager.apply({ type, target, data });
  await runtime.pass(1);
  return (await done).version;
}

async function takeOver(): Promise<void> {
  const done = manager.takeOver();
  await runtime.pass(1);
  await done;
}

const kinds = (messages: readonly Record<string, unknown>[]) =>
  messages.map(({ type, epoch }) => (type === "sync" && epoch !== undefined ? "step" : type));

describe("a takeover", () => {
  test("[E7] costs a level replica one message, the step, at its version and with the facts, and no full state", async () => {
    const before = manager.epoch;
    await apply("web-1");
    const reader = await level();
    const { fullStates } = hub.metrics;
    const counted = { ...fullStates };

    await takeOver();

    expect(reader.wire.take()).toEqual([
      {
        type: "sync",
        version: 1,
        head: 1,
        at: expect.any(Number),
        epoch: manager.epoch,
        space: manager.space("main")?.creationId,
        model: 3,
        beaconMs: 30_000,
        lineage: [
          [before, 1],
          [manager.epoch, 1],
        ],
      },
    ]);
    expect(manager.epoch).not.toBe(before);
    expect(fullStates).toEqual(counted);
    expect(hub.metrics).toMatchObject({ steps: 1, withoutSteps: 0 });
  });

  test("[E7] is told in order: what was committed before it belongs to the run that ends", async () => {
    const reader = await level();
    const before = manager.epoch;

    const done = [
      manager.apply({ type: "host_added", target: "web-1", data: {} }),
      manager.takeOver(),
      manager.apply({ type: "host_added", target: "web-2", data: {} }),
    ];
    await runtime.pass(10);
    const [first, , second] = await Promise.all(done);
    await apply("web-3");
    await runtime.pass(10);

    const lineage = manager.space("main")?.lineage();
    const runOf = (applied: typeof first) => lineage?.find(([epoch]) => epoch === applied?.epoch);
    expect([runOf(first)?.[1], runOf(second)?.[1]]).toEqual(first?.epoch === before ? [first?.version, 3] : [3, 3]);
    const stepAt = reader.wire.received.find(({ epoch }) => epoch !== undefined)?.version as number;
    expect(lineage?.find(([epoch]) => epoch === before)?.[1]).toBeGreaterThanOrEqual(stepAt);
    expect(kinds(reader.wire.received).filter((kind) => kind === "step")).toHaveLength(1);
  });

  test("[E7] the run that follows goes by deltas from the step's version on, and by nothing else", async () => {
    const reader = await level();

    await takeOver();
    await apply("web-1");

    expect(kinds(reader.wire.take())).toEqual(["step", "delta"]);
  });

  test("[E7] a replica that lags is told at its own position, before the diff that leads into the new run", async () => {
    const reader = await level();
    for (const id of ["web-1", "web-2", "web-3"]) await apply(id, { note: "x".repeat(WINDOW_BYTES / 2) });
    expect(reader.wire.take()).toMatchObject([{ version: 1 }, { version: 2 }]);

    await takeOver();
    await apply("web-4");

    const [step, ...rest] = reader.wire.take();
    expect(step).toMatchObject({ type: "sync", version: 2, head: 3, epoch: manager.epoch });
    expect(rest).toEqual([]);
    reader.say({ type: "ack", n: 5 });
    await runtime.pass(10);
    expect(reader.wire.take()).toMatchObject([{ type: "delta", from: 2, version: 4 }]);
  });

  test("[E7] a socket that is full is owed one step, whatever happens meanwhile", async () => {
    const reader = await level();
    reader.wire.congested = true;
    for (let n = 0; n < 3; n += 1) await takeOver();
    await apply("web-1");
    expect(reader.wire.take()).toEqual([]);

    reader.wire.congested = false;
    await runtime.pass(10);

    expect(reader.wire.take()).toMatchObject([
      { type: "sync", version: 0, epoch: manager.epoch },
      { type: "delta", from: 0, version: 1 },
    ]);
    expect(hub.metrics.steps).toBe(1);
  });

  test("[E7] an answer to a check stands behind the step that is due", async () => {
    const reader = await level();
    reader.wire.congested = true;
    reader.say({ type: "check", n: 1 });
    await takeOver();
    reader.say({ type: "check", n: 2 });

    reader.wire.congested = false;
    await runtime.pass(10);

    const came = reader.wire.take();
    expect(kinds(came)).toEqual(["step", "sync"]);
    expect(came[1]).toMatchObject({ version: 0, check: 2, digest: manager.space("main")?.digest() });
  });

  test("[E7] who did not ask for steps is closed with 1012, and resumes by a diff", async () => {
    const reader = await level({ steps: false });
    const before = manager.epoch;

    await takeOver();
    await apply("web-1");

    expect(reader.wire.take()).toEqual([]);
    expect(reader.wire.closedWith).toBe(1012);
    expect(hub.metrics).toMatchObject({ steps: 0, withoutSteps: 1 });
    const again = connect({ steps: false, resume: { epoch: before, version: 0 } });
    expect(again.wire.take()).toMatchObject([
      { type: "sync", version: 0, epoch: manager.epoch },
      { type: "delta", from: 0, version: 1 },
      { type: "sync", version: 1 },
    ]);
  });

  test("[E7] the plain profile tells no epoch: its changes go on one by one", async () => {
    const reader = await level({ profile: "plain" });
    await apply("web-1");
    await takeOver();
    await apply("web-2");

    expect(reader.wire.take()).toMatchObject([
      { type: "delta", version: 1 },
      { type: "delta", version: 2 },
    ]);
    expect(reader.wire.closedWith).toBeNull();
  });
});

describe("a snapshot of an earlier epoch", () => {
  test("[E7] is given to nobody after the takeover, and another one is built", async () => {
    await apply("web-1");
    await level();
    const builds = hub.metrics.snapshotBuilds;

    await takeOver();
    const later = connect();
    await runtime.pass(10);

    expect(later.wire.take()).toMatchObject([
      { type: "init", version: 1, epoch: manager.epoch },
      { type: "sync", version: 1 },
    ]);
    expect(hub.metrics.snapshotBuilds).toBe(builds + 1);
  });

  test("[E7] that was being built at the takeover goes behind no step", async () => {
    await apply("web-1");
    const reader = await level();
    await apply("web-2");
    reader.wire.take();
    reader.say({ type: "ack", n: 3 });
    reader.say({ type: "get_state", reason: "manual" });
    const waiting = connect();
    await runtime.pass(1);

    await takeOver();
    await runtime.pass(20);

    const came = reader.wire.take();
    expect(kinds(came)).toEqual(["step", "full_state", "sync"]);
    expect(came[1]).toMatchObject({ version: 2, epoch: manager.epoch });
    expect(waiting.wire.take()[0]).toMatchObject({ type: "init", epoch: manager.epoch });
  });

  test("[E7] [M9] that is under way in parts is put to its end, then the step, and behind it the answer to a check", async () => {
    await apply("web-1", { note: "x".repeat(900_000) });
    const before = manager.epoch;
    const reader = connect({ parts: true });
    await runtime.pass(10);
    const all: Record<string, unknown>[] = [];
    const read = () => {
      const came = reader.wire.take();
      all.push(...came);
      return came.length > 0;
    };
    read();
    expect(kinds(all)).not.toContain("init");

    await takeOver();
    await apply("web-2");
    reader.say({ type: "check", n: 1 });
    do {
      // A message that parts bring is no frame of its own.
      reader.say({ type: "ack", n: all.filter(({ type }) => type !== "init").length });
      await runtime.pass(10);
    } while (read());

    const told = all.filter(({ type }) => type !== "part");
    expect(told[0]).toMatchObject({ type: "init", version: 1, epoch: before });
    expect(kinds(told)).toEqual(["init", "step", "sync", "delta", "sync"]);
    expect(told[2]).toMatchObject({ version: 1, check: 1 });
  });
});

describe("a message in parts of which nothing has been put yet", () => {
  /** The line is full of parts that wait for their acks. */
  async function withoutRoomForParts() {
    const reader = await level({ parts: true });
    reader.say({ type: "ack", n: 2 });
    await apply("web-1", { note: "x".repeat(23_800) });
    await apply("web-2", { note: "x".repeat(9_000) });
    const { position, underWay, parts } = reader.cursor;
    expect({ position, underWay, hasRoom: parts?.open }).toEqual({ position: 2, underWay: null, hasRoom: false });
    expect(reader.wire.take().filter(({ type }) => type === "part")).toHaveLength(5);
    return reader;
  }

  test("[E7] [M9] a full state gives way to the step, and is one of the new epoch then", async () => {
    const reader = await withoutRoomForParts();
    reader.say({ type: "get_state", reason: "manual" });
    await runtime.pass(20);
    expect(reader.cursor.underWay).toMatchObject({ version: 2, putBytes: 0 });

    await takeOver();
    await runtime.pass(20);

    expect(kinds(reader.wire.take())).toEqual(["step"]);
    expect(hub.metrics.fullStates.asked_manual).toBeUndefined();
    reader.say({ type: "ack", n: 8 });
    await runtime.pass(20);
    const came = reader.wire.take().filter(({ type }) => type !== "part");
    expect(came).toMatchObject([
      { type: "full_state", version: 2, epoch: manager.epoch },
      { type: "sync", version: 2 },
    ]);
    expect(hub.metrics.fullStates.asked_manual).toBe(1);
  });

  test("[E7] [M9] a delta gives way to the step, and leads from there to what is the head then", async () => {
    const reader = await withoutRoomForParts();
    await apply("web-3", { note: "x".repeat(9_000) });
    expect(reader.cursor.underWay).toMatchObject({ version: 3, putBytes: 0 });

    await takeOver();
    await apply("web-4");

    expect(reader.wire.take()).toMatchObject([{ type: "sync", version: 2, epoch: manager.epoch }]);
    reader.say({ type: "ack", n: 8 });
    await runtime.pass(20);
    const came = reader.wire.take().filter(({ type }) => type !== "part");
    expect(came).toMatchObject([{ type: "delta", from: 2, version: 4 }]);
  });
});
