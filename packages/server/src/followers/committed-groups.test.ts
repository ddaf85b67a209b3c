import { collection, defineModel, patch, put, takeChange } from "@neverstale/protocol";
import { expect, test } from "vitest";
import { Feed } from "../authority/feed.ts";
import { StateManager } from "../authority/state-manager.ts";
import { limitsFrom } from "../limits/limits.ts";
import { TestWire, VirtualRuntime } from "../runtime/virtual-runtime-suite.ts";
import type { Committed } from "../space/committed.ts";
import { Epochs, SpaceLineage } from "../space/lineage.ts";
import { Space } from "../space/space.ts";
import { SpaceDraft } from "../space/space-draft.ts";
import { SpaceModels } from "../space/space-models.ts";
import { viewOf } from "../space/space-view.ts";
import { Spaces } from "../space/spaces.ts";
import { memoryStore } from "../store/memory.ts";
import type { CommittedGroups } from "./committed-groups.ts";
import { SyncHub } from "./sync-hub.ts";

const model = defineModel({
  model: 1,
  collections: { hosts: collection(null) },
  changes: { host_added: put("hosts"), host_updated: patch("hosts") },
});

/** A node that decides nothing: it has the spaces of a writer, and makes of them what it hears. */
class Node implements CommittedGroups {
  readonly limits = limitsFrom({});
  readonly isWriting = false;
  readonly refusal = null;
  readonly confirming = null;
  readonly runtime: VirtualRuntime;
  readonly #epochs: Epochs;
  readonly #spaces: Spaces;
  readonly #feed: Feed;

  constructor(epoch: string, creationId: string, runtime: VirtualRuntime) {
    const epochs = new Epochs([epoch], 10);
    const main = new Space("main", creationId, model, new SpaceLineage(epochs, []));
    this.#epochs = epochs;
    this.runtime = runtime;
    this.#spaces = new Spaces(new Map([["main", main]]), new SpaceModels(model, {}), epochs, this.limits, runtime);
    this.#feed = new Feed(runtime);
  }

  get epoch(): string {
    return this.#epochs.today;
  }

  hearOfTakeover(epoch: string): void {
    this.#epochs.begin(epoch);
    this.#feed.tookOver();
  }

  hear(groups: readonly Committed[]): void {
    const drafts = groups.map(({ changes }) => {
      const draft = new SpaceDraft(this.#spaces.main, false, 0, null, []);
      for (const change of changes) draft.addOne(takeChange(model, change), null);
      return draft;
    });
    this.#feed.publish(this.#spaces.commit(drafts));
  }

  space(name: string) {
    const space = this.#spaces.get(name);
    return space === null ? null : viewOf(space);
  }

  viewsOf() {
    return null;
  }

  follow(follower: (committed: readonly Committed[]) => void) {
    return this.#feed.follow(follower);
  }

  onTakeover(listener: () => void) {
    return this.#feed.onTakeover(listener);
  }

  onInterrupt(listener: () => void) {
    return this.#feed.onInterrupt(listener);
  }

  onClose(listener: () => void) {
    return this.#feed.onClose(listener);
  }
}

test("a node that decides nothing serves cursors by the groups that it hears of", async () => {
  const runtime = new VirtualRuntime();
  const writer = await StateManager.openWith({ model, store: memoryStore() }, runtime);
  const node = new Node(writer.epoch, writer.space("main")?.creationId ?? "", runtime);
  writer.follow((groups) => node.hear(groups));
  const hub = new SyncHub(node, { frames: runtime.frames });
  const wire = new TestWire();
  hub.attach(wire, { space: "main", profile: "v1", resume: null, subject: null });
  await runtime.pass(10);

  const done = writer.apply({ type: "host_added", target: "web-1", data: { cpu: 1 } });
  await runtime.pass(10);
  await done;
  const moved = writer.apply({ type: "host_updated", target: "web-1", data: { cpu: 2 } });
  await runtime.pass(10);
  await moved;
  hub.close();

  expect(wire.received).toMatchObject([
    { type: "init", version: 0, epoch: writer.epoch, space: writer.space("main")?.creationId },
    { type: "sync", version: 0 },
    { type: "delta", from: 0, version: 1, payload: { hosts: { put: [{ id: "web-1", cpu: 1 }] } } },
    { type: "delta", from: 1, version: 2, payload: { hosts: { set: { "web-1": { cpu: 2 } } } } },
  ]);
  expect(node.space("main")?.digest()).toBe(writer.capture().digest);
  expect(node.space("main")?.lineage()).toEqual(writer.space("main")?.lineage());
  expect(wire.closedWith).toBe(1012);
});

test("[E7] a node that decides nothing moves its cursors to the epoch of a takeover that it hears of, in order with the groups", async () => {
  const runtime = new VirtualRuntime();
  const writer = await StateManager.openWith({ model, store: memoryStore() }, runtime);
  const first = writer.epoch;
  const node = new Node(first, writer.space("main")?.creationId ?? "", runtime);
  writer.follow((groups) => node.hear(groups));
  writer.onTakeover(() => node.hearOfTakeover(writer.epoch));
  const hub = new SyncHub(node, { frames: runtime.frames });
  const wire = new TestWire();
  hub.attach(wire, { space: "main", profile: "v1", resume: null, subject: null, steps: true });
  await runtime.pass(10);
  wire.take();

  const done = [
    writer.apply({ type: "host_added", target: "web-1", data: { cpu: 1 } }),
    writer.takeOver(),
    writer.apply({ type: "host_updated", target: "web-1", data: { cpu: 2 } }),
  ];
  await runtime.pass(10);
  await Promise.all(done);
  const moved = writer.apply({ type: "host_updated", target: "web-1", data: { cpu: 3 } });
  await runtime.pass(10);
  await moved;
  hub.close();

  const told = wire.received.map(({ type, version, epoch }) => [
    type,
    version,
    ...(epoch === undefined ? [] : [epoch]),
  ]);
  expect(told).toContainEqual(["sync", expect.any(Number), writer.epoch]);
  expect(told.filter(([type]) => type === "full_state" || type === "init")).toEqual([]);
  expect(told.at(-1)).toEqual(["delta", 3]);
  expect(node.epoch).not.toBe(first);
  expect(node.space("main")?.lineage()).toEqual(writer.space("main")?.lineage());
});
