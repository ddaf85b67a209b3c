import { collection, defineModel, patch, put, remove } from "@neverstale/protocol";
import { beforeEach, describe, expect, test } from "vitest";
import { StateManager } from "../../authority/state-manager.ts";
import { TestWire, VirtualRuntime } from "../../runtime/virtual-runtime-suite.ts";
import { memoryStore } from "../../store/memory.ts";
import { SyncHub } from "../sync-hub.ts";

const model = defineModel({
  model: 1,
  collections: { hosts: collection(null) },
  changes: { host_added: put("hosts"), host_updated: patch("hosts"), host_removed: remove("hosts") },
});

/** A diff of more chars is large here. */
const LARGE = 1_000;

let runtime: VirtualRuntime;
let manager: StateManager;
let hub: SyncHub;

beforeEach(async () => {
  runtime = new VirtualRuntime();
  const limits = { largeDeltaChars: LARGE, stuckMs: 10_000 };
  manager = await StateManager.openWith({ model, store: memoryStore(), limits }, runtime);
  hub = new SyncHub(manager, { frames: runtime.frames, beaconMs: 5_000 });
});

async function connect(resume: number | null = null): Promise<TestWire> {
  const wire = new TestWire();
  const position = { epoch: manager.epoch, space: manager.space("main")?.creationId ?? "", version: resume ?? 0 };
  const cursor = hub.attach(wire, {
    space: "main",
    profile: "v1",
    subject: null,
    resume: resume === null ? null : position,
  });
  if (resume !== null) return wire;
  await runtime.pass(10);
  hub.receive(cursor, JSON.stringify({ type: "ack", n: wire.take().length }));
  return wire;
}

async function apply(target: string, bytes: number): Promise<void> {
  const done = manager.apply({ type: "host_added", target, data: { note: "x".repeat(bytes) } });
  await runtime.pass(1);
  await done;
}

/** Where its diffs begin and end. */
const steps = (messages: readonly Record<string, unknown>[]) =>
  messages.map(({ type, from, version }) => [type, from, version]);

describe("a diff that is large", () => {
  test("[A4] is made off the event loop; what changes meanwhile follows it", async () => {
    const wire = await connect();
    const encoded: number[] = [];
    const { encode } = runtime.frames;
    runtime.frames.encode = (text: string) => {
      encoded.push(text.length);
      return encode(text);
    };

    await apply("web-1", 2 * LARGE);
    await apply("web-2", 10);
    const before = wire.take();
    await runtime.pass(10);

    expect(before).toEqual([]);
    expect(steps(wire.take())).toEqual([
      ["delta", 0, 1],
      ["delta", 1, 2],
    ]);
    expect(Math.max(...encoded)).toBeLessThan(LARGE);
  });

  test("[A4] is made once for all who stand there, and one at a time for others", async () => {
    const wires = [await connect(), await connect()];
    let running = 0;
    let most = 0;
    let made = 0;
    const { encodeLarge } = runtime.frames;
    runtime.frames.encodeLarge = async (pieces: Iterable<string>) => {
      made += 1;
      running += 1;
      most = Math.max(most, running);
      return encodeLarge(pieces).finally(() => {
        running -= 1;
      });
    };

    await apply("web-1", 2 * LARGE);
    await apply("web-2", 2 * LARGE);
    const late = await connect(1);
    await runtime.pass(50);

    for (const wire of [...wires, late]) expect(wire.received.at(-1)?.version).toBe(2);
    expect([made, most]).toEqual([2, 1]);
  });

  test("[E4] of a resumed connection comes behind the first sync, and before the one with the digest", async () => {
    await apply("web-1", 10);
    await apply("web-2", 2 * LARGE);
    const wire = await connect(1);
    const first = wire.take();
    await runtime.pass(10);

    expect(steps(first)).toEqual([["sync", undefined, 1]]);
    expect(steps(wire.take())).toEqual([
      ["delta", 1, 2],
      ["sync", undefined, 2],
    ]);
  });

  test("[A5] of more than a replica takes becomes a full state", async () => {
    const wire = await connect();
    const { encodeLarge } = runtime.frames;
    runtime.frames.encodeLarge = (pieces: Iterable<string>) => {
      runtime.frames.encodeLarge = encodeLarge;
      return pieces === null ? encodeLarge(pieces) : Promise.reject(new Error("too large"));
    };

    await apply("web-1", 2 * LARGE);
    await runtime.pass(20);

    expect(steps(wire.take())).toEqual([
      ["full_state", undefined, 1],
      ["sync", undefined, 1],
    ]);
    expect(hub.metrics.fullStates.smaller).toBe(1);
  });

  test("[A5] holds nobody stuck while it is being made, and beacons go on", async () => {
    const wire = await connect();
    const { window } = [...hub.cursors][0] as { window: { noteAck(n: number): boolean; put: number } };
    window.noteAck(window.put);
    runtime.frames.encodeLarge = () => new Promise(() => {});
    await apply("web-1", 2 * LARGE);
    for (let waited = 0; waited < 30_000; waited += 1_000) {
      await runtime.pass(1_000);
      window.noteAck(window.put);
    }

    expect(wire.closedWith).toBeNull();
    expect(wire.take().length).toBeGreaterThan(4);
  });
});
