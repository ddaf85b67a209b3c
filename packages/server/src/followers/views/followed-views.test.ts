import { expect, test } from "vitest";
import { TestWire } from "../../runtime/virtual-runtime-suite.ts";
import { memoryStore } from "../../store/memory.ts";
import { boardViews, DB, positionIn, typesOf, ViewsRig, WEB, WEB_GUEST } from "./views-rig-suite.ts";

test("[V2] a space with views is shown to nobody of whom nothing was said, and all of it to whom everything was granted", async () => {
  const rig = await ViewsRig.open();
  await rig.host("1", { team: "web", secret: "s" });

  expect(() => rig.follow(undefined)).toThrow("nobody has said what may be seen");
  expect(() => rig.hub.snapshot({ space: "main" }, 0)).toThrow("nobody has said what may be seen");
  expect(() => rig.manager.initialState()).toThrow("nobody has said what may be seen");
  const whole = rig.follow("everything");
  const nothing = rig.follow(boardViews.of({ "team:nobody": "operator" }));
  await rig.runtime.pass(20);

  expect(whole.wire.take()[0]).toMatchObject({ type: "init", payload: { hosts: [{ id: "1", secret: "s" }] } });
  expect(nothing.wire.take()[0]).toMatchObject({ type: "init", payload: { hosts: [], commands: [] } });
});

test("[V1] [V10] a record comes, loses a field, and goes, as its keys and its roles say; what goes through it follows", async () => {
  const rig = await ViewsRig.open();
  await rig.host("1", { team: "db", load: 1, secret: "s" });
  const web = rig.follow(WEB);
  const guest = rig.follow(WEB_GUEST);
  await rig.runtime.pass(20);
  await rig.apply({ type: "command_added", target: "c", data: { host: "1", text: "ls" } });
  web.wire.take();
  guest.wire.take();

  await rig.apply({ type: "host_updated", target: "1", data: { team: "web" } });
  const came = web.wire.take();
  await rig.apply({ type: "host_updated", target: "1", data: { load: 2, secret: null } });
  const moved = guest.wire.take();
  await rig.apply({ type: "host_updated", target: "1", data: { team: "db" } });

  const record = { id: "1", team: "web", load: 1, secret: "s" };
  const command = { id: "c", host: "1", text: "ls" };
  expect(came).toMatchObject([{ type: "delta", payload: { hosts: { put: [record] }, commands: { put: [command] } } }]);
  expect(moved.map(({ payload }) => payload)).toEqual([
    { hosts: { put: [{ id: "1", load: 1 }] } },
    { hosts: { set: { 1: { load: 2 } } } },
  ]);
  expect(web.wire.take().at(-1)).toMatchObject({ payload: { hosts: { remove: ["1"] }, commands: { remove: ["c"] } } });
  expect(guest.wire.take().at(-1)).toMatchObject({ payload: { hosts: { remove: ["1"] } } });
});

test("[V12] others' work is no frame; a beacon and a check bring a replica to the head, and the next diff begins where it was told to be", async () => {
  const rig = await ViewsRig.open();
  await rig.host("1", { team: "web" });
  const { wire, cursor } = rig.follow(WEB_GUEST);
  await rig.runtime.pass(20);
  wire.take();

  await rig.host("2", { team: "db" });
  await rig.apply({ type: "host_updated", target: "1", data: { secret: "x" } });
  expect(wire.take()).toEqual([]);
  await rig.apply({ type: "host_updated", target: "1", data: { load: 5 } });
  expect(wire.take()).toMatchObject([{ type: "delta", from: 1, version: 4 }]);

  await rig.host("3", { team: "db" });
  rig.hub.receive(cursor, '{"type":"check","n":1}');
  expect(wire.take()).toMatchObject([
    { type: "delta", from: 4, version: 5, payload: {} },
    { type: "sync", version: 5, head: 5, check: 1, digest: expect.any(String) },
  ]);

  await rig.host("4", { team: "db" });
  await rig.runtime.pass(30_000);
  expect(wire.take()).toMatchObject([
    { type: "delta", from: 5, version: 6, payload: {} },
    { type: "sync", version: 6, digest: expect.any(String) },
  ]);
});

test("[V12] a large diff of which nothing is left when its turn comes is no frame, and the next diff begins where the replica is", async () => {
  const rig = await ViewsRig.open({ limits: { largeDeltaChars: 500 } });
  const secret = "x".repeat(600);
  await rig.host("1", { team: "web" });
  const first = rig.follow(WEB);
  await rig.runtime.pass(20);
  const { encodeLarge } = rig.runtime.frames;
  const ended = Promise.withResolvers<void>();
  rig.runtime.frames.encodeLarge = (pieces) => {
    rig.runtime.frames.encodeLarge = encodeLarge;
    return ended.promise.then(() => encodeLarge(pieces));
  };
  await rig.apply({ type: "host_updated", target: "1", data: { secret } });
  const second = rig.follow(WEB);
  await rig.runtime.pass(20);
  for (const { wire } of [first, second]) wire.take();

  await rig.host("2", { team: "web", secret });
  await rig.apply({ type: "host_updated", target: "2", data: { team: "db" } });
  ended.resolve();
  await rig.runtime.pass(50);
  const told = [first, second].map(({ wire }) => wire.take());
  await rig.apply({ type: "host_updated", target: "1", data: { load: 1 } });

  expect(told).toMatchObject([[{ type: "delta", from: 1, version: 2 }], []]);
  expect(second.wire.take()).toMatchObject([{ type: "delta", from: 2, version: 5, payload: { hosts: { set: {} } } }]);
});

test("[V11] [V14] [V15] a position is resumed under its own view and with its own ticket, over a restart, by a hub that had no such view", async () => {
  const store = memoryStore();
  const rig = await ViewsRig.open({ store });
  await rig.host("1", { team: "web" });
  await rig.host("2", { team: "db" });
  const { wire } = rig.follow(WEB);
  await rig.runtime.pass(20);
  await rig.apply({ type: "host_updated", target: "1", data: { load: 1 } });
  const resume = positionIn(wire.take());
  await rig.apply({ type: "host_updated", target: "2", data: { team: "web" } });

  const again = await ViewsRig.open({ store: memoryStore({ data: store.dump() }) }, rig.runtime);
  const tried = async (view: typeof WEB, position: object) => {
    const reader = again.follow(view, { resume: position as typeof resume });
    await again.runtime.pass(20);
    return reader.wire.take();
  };

  expect(resume.version).toBe(3);
  expect(await tried(WEB, resume)).toMatchObject([
    { type: "sync", version: 3, view: resume.proof.view },
    { type: "delta", from: 3, version: 4, payload: { hosts: { put: [{ id: "2" }] } } },
    { type: "sync" },
  ]);
  const { proof, ...bare } = resume;
  for (const [view, position] of [
    [DB, resume],
    [WEB, bare],
    [WEB, { ...resume, version: 1 }],
    [WEB, { ...resume, proof: { ...proof, ticket: `${proof.ticket.slice(1)}0` } }],
    [WEB_GUEST, { ...resume, proof }],
  ] as const) {
    expect(typesOf(await tried(view, position))[0]).toBe("init");
  }
  expect(again.hub.metrics.fullStates.view).toBe(5);
  expect(() => again.follow("everything", { resume }).cursor.closed).not.toThrow();
});

test("[V14] who was in a view before and may see everything now gets all of it", async () => {
  const rig = await ViewsRig.open();
  await rig.host("1", { team: "web" });
  const { wire } = rig.follow(WEB);
  await rig.runtime.pass(20);
  const resume = positionIn(wire.take());

  const whole = rig.follow("everything", { resume });
  await rig.runtime.pass(20);

  expect(typesOf(whole.wire.take())[0]).toBe("init");
});

test("[V15] a step to another epoch brings a ticket with which the replica goes on", async () => {
  const rig = await ViewsRig.open();
  await rig.host("1", { team: "web" });
  const { wire } = rig.follow(WEB, { steps: true });
  await rig.runtime.pass(20);

  const took = rig.manager.takeOver();
  await rig.runtime.pass(50);
  await took;
  const told = wire.take();
  const again = rig.follow(WEB, { resume: positionIn(told) });

  expect(told.at(-1)).toMatchObject({ type: "sync", epoch: rig.manager.epoch, ticket: expect.any(String) });
  expect(typesOf(again.wire.take())).toEqual(["sync", "sync"]);
});

test("[V16] who may see something else is put nothing more, comes back at once, and gets the state of the new view above what it had", async () => {
  const rig = await ViewsRig.open();
  await rig.host("1", { team: "web" });
  const early = rig.follow(DB);
  await rig.runtime.pass(20);
  early.wire.take();
  await rig.host("2", { team: "web" });
  const { wire } = rig.follow(WEB, { subject: "ada" });
  await rig.runtime.pass(20);
  const resume = positionIn(wire.take());

  const revoked = rig.hub.revoke((subject) => (subject === "ada" ? 1012 : null));
  await rig.host("3", { team: "web" });
  const back = rig.follow(DB, { resume });
  await rig.runtime.pass(20);

  expect(revoked).toBe(1);
  expect(wire.closedWith).toBe(1012);
  expect(wire.take()).toEqual([]);
  const [init] = back.wire.take();
  expect(init).toMatchObject({ type: "init", payload: { hosts: [] } });
  expect(init?.version).toBeGreaterThanOrEqual(resume.version);
});

test("[V19] followers of one view share one diff, and a view of which nothing has moved does no work", async () => {
  const rig = await ViewsRig.open();
  await rig.host("1", { team: "web" });
  await rig.host("2", { team: "db" });
  const readers = Array.from({ length: 20 }, () => [rig.follow(WEB), rig.follow(DB)] as const);
  await rig.runtime.pass(40);
  for (const reader of readers.flat()) reader.wire.take();
  const { diffs } = rig.hub.metrics;

  await rig.apply({ type: "host_updated", target: "1", data: { load: 1 } });

  expect(rig.hub.metrics.diffs - diffs).toBe(1);
  expect(readers.map(([web]) => web.wire.take().length)).toEqual(readers.map(() => 1));
  expect(readers.flatMap(([, db]) => db.wire.take())).toEqual([]);
});

test("[V21] [B97] beyond so many followed views another one is refused, and one that is followed is not", async () => {
  const rig = await ViewsRig.open({ limits: { views: 2 } });
  rig.follow(WEB);
  rig.follow(DB);

  expect(() => rig.follow(WEB_GUEST)).toThrow("too many different views");
  rig.follow(boardViews.of({ "team:web": "operator" }));

  expect(rig.hub.metrics).toMatchObject({ views: 2, tooManyViews: 1, connections: 3 });
  const wire = new TestWire();
  rig.hub.enter(
    wire,
    { space: "main", profile: "v1", resume: null, subject: null, view: WEB_GUEST },
    {
      entered: () => {},
      refused: (error) => rig.hub.turnAway(wire, "v1", error),
    },
  );
  expect(wire.take()).toMatchObject([{ type: "error", code: "too_many_views" }]);
  expect(wire.closedWith).toBe(1013);
});

test("[V21] a view that nobody has followed for ten seconds is let go of", async () => {
  const rig = await ViewsRig.open();
  const { cursor } = rig.follow(WEB);
  await rig.runtime.pass(20);

  rig.hub.detach(cursor);
  await rig.runtime.pass(12_000);

  expect(rig.hub.metrics).toMatchObject({ views: 0, viewSnapshotBytes: 0, viewFrameBytes: 0 });
});

test("[V20] [V21] [B98] [B99] what is kept for all views together is bounded, and whoever comes is served all the same", async () => {
  const rig = await ViewsRig.open({ limits: { viewSnapshotBytes: 700, viewFrameBytes: 700 } });
  await rig.host("1", { team: "web", secret: "x".repeat(200) });
  await rig.host("2", { team: "db", secret: "x".repeat(200) });
  const readers = [rig.follow(WEB), rig.follow(DB), rig.follow(WEB_GUEST)];
  await rig.runtime.pass(40);
  for (const id of ["1", "2"]) await rig.apply({ type: "host_updated", target: id, data: { load: 1 } });

  expect(rig.hub.metrics.viewSnapshotBytes).toBeLessThanOrEqual(700);
  expect(rig.hub.metrics.viewFrameBytes).toBeLessThanOrEqual(700);
  expect(readers.map(({ wire }) => typesOf(wire.take()).filter((type) => type !== "sync"))).toEqual([
    ["init", "delta"],
    ["init", "delta"],
    ["init", "delta"],
  ]);
  const late = rig.follow(WEB);
  await rig.runtime.pass(20);
  expect(typesOf(late.wire.take())[0]).toBe("init");
});

test("[V22] `keep` counts all records of a collection, whoever may see them", async () => {
  const rig = await ViewsRig.open();
  await rig.host("1", { team: "web" });
  const { wire } = rig.follow(WEB);
  await rig.runtime.pass(20);
  wire.take();

  await rig.apply({ type: "host_removed", target: "1", data: {} });

  expect(wire.take()).toMatchObject([{ type: "delta", payload: { hosts: { remove: ["1"] } } }]);
});

test("[V23] the plain profile is for those who may see everything", async () => {
  const rig = await ViewsRig.open();

  expect(() => rig.follow(WEB, { profile: "plain" })).toThrow("followed over WebSocket, by `neverstale.v1`");
  expect(() => rig.hub.snapshot({ space: "main", view: WEB }, 0)).toThrow("followed over WebSocket");
  expect(rig.follow("everything", { profile: "plain" }).cursor.closed).toBe(false);
});

test("[V5] the state is read through a view, for a page that is rendered or for a route", async () => {
  const rig = await ViewsRig.open();
  await rig.host("1", { team: "web", load: 1, secret: "s" });
  await rig.host("2", { team: "db" });

  const initial = rig.manager.initialState("main", WEB_GUEST);
  const { proof: _, payload, ...position } = initial;

  const { version, digest, collections } = rig.manager.capture("main", WEB_GUEST);
  expect([version, digest]).toEqual([rig.manager.version, expect.not.stringMatching(rig.manager.capture().digest)]);
  expect(collections.find(({ name }) => name === "hosts")?.records).toEqual([
    ...(rig.manager.read("main", WEB_GUEST).hosts?.values() ?? []),
  ]);
  expect(rig.manager.read("main", WEB_GUEST)).toEqual({
    hosts: new Map([["1", { id: "1", load: 1 }]]),
    commands: new Map(),
  });
  expect(payload).toEqual({ hosts: [{ id: "1", load: 1 }], commands: [] });
  const { wire } = rig.follow(WEB_GUEST, { resume: initial });
  expect(typesOf(wire.take())).toEqual(["sync", "sync"]);
  expect(position.version).toBe(2);
});
