import { defineView, type Position } from "@neverstale/protocol";
import { expect, test } from "vitest";
import { type Attachment, SyncHub } from "../followers/sync-hub.ts";
import { positionIn, typesOf } from "../followers/views/views-rig-suite.ts";
import { TestWire } from "../runtime/virtual-runtime-suite.ts";
import { added, model, NodeWorld, type TestNode } from "./node-world-suite.ts";

const views = defineView(model, {
  keys: { hosts: ({ team }) => (typeof team === "string" ? [team] : []) },
  roles: { guest: { hosts: ["load"] } },
});
const WEB = views.of({ web: "guest" });

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
