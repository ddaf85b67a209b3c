import { defineView, type Position } from "@neverstale/protocol";
import { expect, test } from "vitest";
import { type Attachment, SyncHub } from "../followers/sync-hub.ts";
import { positionIn, typesOf } from "../followers/views/views-rig-suite.ts";
import { TestWire } from "../runtime/virtual-runtime-suite.ts";
import type { ChainEntry } from "../store/contract.ts";
import { added, model, NodeWorld, type TestNode } from "./node-world-suite.ts";

const views = defineView(model, {
  keys: { hosts: ({ team }) => (typeof team === "string" ? [team] : []) },
  roles: { guest: { hosts: ["load"] } },
});
const WEB = views.of({ web: "guest" });

test("[V12] a node that can't say yet what is the newest sends no diff of nothing, and one with the `sync` once it can", async () => {
  const world = new NodeWorld();
  const first = await world.start("one", { link: true, views: [views] });
  const second = await world.start("two", { link: true, views: [views] });
  const hub = new SyncHub(second.manager, { frames: world.runtime.frames, beaconMs: 5_000 });
  const wire = new TestWire();
  hub.attach(wire, { space: "main", profile: "v1", subject: null, view: WEB, resume: null });
  await world.pass(2_000);
  const resume = positionIn(wire.take());
  await world.done(first.manager.apply(added("1", { team: "db" })));
  await world.pass(500);
  second.store.isPaused = true;
  await world.pass(1_500);

  const late = new TestWire();
  hub.attach(late, { space: "main", profile: "v1", subject: null, view: WEB, resume });
  world.links.deliver((await world.chain()).at(-1) as ChainEntry);
  await world.pass(200);
  const before = late.take();
  second.store.isPaused = false;
  await world.pass(400);

  expect(before).toMatchObject([{ type: "sync", version: 0 }]);
  expect(late.take()).toMatchObject([
    { type: "delta", from: 0, version: 1, payload: {} },
    { type: "sync", version: 1, digest: expect.any(String) },
  ]);
});

test("[V26] [V3] a node that only follows serves a view, and goes on where another node has brought the replica, over a takeover", async () => {
  const world = new NodeWorld();
  const first = await world.start("one", { link: true, views: [views] });
  const second = await world.start("two", { link: true, views: [views] });
  const hubs = new Map(
    [first, second].map((node) => [node, new SyncHub(node.manager, { frames: world.runtime.frames })]),
  );
  const follow = (node: TestNode, resume: Position | null) => {
    const wire = new TestWire();
    const attachment: Attachment = { space: "main", profile: "v1", subject: null, steps: true, view: WEB, resume };
    hubs.get(node)?.enter(wire, attachment, { entered: () => {}, refused: () => {} });
    return wire;
  };
  await world.done(first.manager.apply(added("1", { team: "web", load: 1, secret: 7 })));
  await world.done(first.manager.apply(added("2", { team: "db", load: 2 })));

  const atSecond = follow(second, null);
  await world.pass(2_000);
  await world.done(first.manager.apply({ type: "host_updated", target: "1", data: { load: 5 } }));
  await world.pass(500);
  const told = atSecond.take();
  await world.done(first.manager.apply({ type: "host_updated", target: "2", data: { team: "web" } }));
  await world.done(first.manager.apply({ type: "host_updated", target: "1", data: { team: "db" } }));
  await world.done(second.manager.takeOver(), 3_000);
  const atFirst = follow(first, positionIn(told));
  await world.pass(2_000);

  expect(told[0]).toMatchObject({ type: "init", payload: { hosts: [{ id: "1", load: 1 }] } });
  const resumed = atFirst.take();
  expect(typesOf(resumed).slice(0, 2)).toEqual(["sync", "delta"]);
  expect(resumed[1]).toMatchObject({ payload: { hosts: { put: [{ id: "2", load: 2 }], remove: ["1"] } } });
  expect(JSON.stringify([told, resumed])).not.toContain("secret");
});
