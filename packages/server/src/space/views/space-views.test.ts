import { collection, defineModel, defineView, patch, put, remove } from "@neverstale/protocol";
import { expect, test } from "vitest";
import { StateManager } from "../../authority/state-manager.ts";
import { VirtualRuntime } from "../../runtime/virtual-runtime-suite.ts";
import { memoryStore } from "../../store/memory.ts";
import { type SpaceView, spaceOf } from "../space-view.ts";
import { KeyFloors } from "./key-floors.ts";
import { Proofs } from "./proofs.ts";
import { ViewedSpace } from "./viewed-space.ts";

const model = defineModel({
  model: 1,
  collections: { hosts: collection<{ readonly id: string; readonly team?: string; readonly load?: number }>() },
  changes: { host_added: put("hosts"), host_updated: patch("hosts"), host_removed: remove("hosts") },
});
const byTeam = defineView(model, {
  keys: { hosts: ({ team = "none" }) => [team] },
  roles: { guest: { hosts: ["load"] } },
});
const proofs = new Proofs("secret", (secret, text) => `${secret} ${text}`);

async function world(store = memoryStore(), runtime = new VirtualRuntime(), views = byTeam, tombstones = 2) {
  const manager = await StateManager.openWith(
    { model, store, views: [views], limits: { tombstones, foldMs: 1_000 } },
    runtime,
  );
  const apply = async (type: "host_added" | "host_updated" | "host_removed", target: string, data = {}) => {
    const done = Promise.allSettled([manager.apply({ type, target, data })]);
    await runtime.pass(1);
    const [outcome] = await done;
    if (outcome?.status === "rejected") throw outcome.reason;
  };
  const seen = (team: string) =>
    new ViewedSpace(spaceOf(manager.space("main") as SpaceView), views.of({ [team]: "guest" }), proofs);
  const restarted = async (release = views) => {
    await runtime.pass(2_000);
    return world(memoryStore({ data: store.dump() }), runtime, release, tombstones);
  };
  return { manager, apply, seen, restarted };
}

test("[V7] a record that flaps, or is removed, raises the floor of those alone who could see it, also over a restart", async () => {
  const { manager, apply, seen, restarted } = await world();
  await apply("host_added", "1", { team: "web" });
  const start = manager.version;
  for (let turn = 0; turn < 5; turn += 1) for (const team of ["db", "web"]) await apply("host_updated", "1", { team });
  for (const id of ["2", "3", "4"]) await apply("host_added", id, { team: "mail" });
  const removed = manager.version;
  for (const id of ["2", "3", "4"]) await apply("host_removed", id);

  for (const { seen: see } of [{ seen }, await restarted()]) {
    expect(see("web").canDiffFrom(start)).toBe(false);
    expect(see("web").canDiffFrom(start + 4)).toBe(true);
    expect(see("db").canDiffFrom(start)).toBe(false);
    expect(see("mail").canDiffFrom(removed)).toBe(false);
    expect(see("mail").canDiffFrom(removed + 1)).toBe(true);
    expect(see("other").canDiffFrom(0)).toBe(true);
  }
});

test("[V7] [B100] beyond so many keys with a floor the floor of all rises over those of half of them", () => {
  const floors = new KeyFloors();
  for (let at = 1; at <= 10; at += 1) floors.raise([`key ${at}`], at * 10, at * 10);

  expect(floors.bound(200, 10)).toEqual([]);
  const gone = floors.bound(200, 9);

  expect(gone).toEqual(["key 1", "key 2", "key 3", "key 4", "key 5", "key 6"]);
  expect(floors.size).toBe(4);
  expect(floors.of(["another key"])).toBe(60);
  expect(floors.of(["key 9", "key 7"])).toBe(90);
});

test("[V4] a release that gives other keys logs them before anyone is served, and old positions are resumed over it by a diff", async () => {
  const { manager, apply, restarted } = await world();
  await apply("host_added", "1", { team: "web", load: 1 });
  await apply("host_added", "2", { team: "db", load: 2 });
  const { version } = manager;
  const byLoad = defineView(model, {
    keys: { hosts: ({ load }) => [load === 1 ? "db" : "web"] },
    roles: { guest: { hosts: ["load"] } },
  });

  const next = await restarted(byLoad);
  const again = await next.restarted(byLoad);

  expect(next.manager.version).toBe(version + 1);
  expect(
    (await next.manager.log({ space: "main", afterVersion: version, limit: 10 })).map(({ change }) => change.type),
  ).toEqual(["views_rebuilt"]);
  expect(again.manager.version).toBe(version + 1);
  for (const { seen } of [next, again]) {
    expect(seen("web").diffSince(version)).toEqual({ hosts: { put: [{ id: "2", load: 2 }], remove: ["1"] } });
    expect(seen("db").diffSince(version)).toEqual({ hosts: { put: [{ id: "1", load: 1 }], remove: ["2"] } });
  }
});

test("[V9] that keys move alone is in no diff of everything, though the record is stored anew", async () => {
  const { manager, apply, restarted } = await world();
  await apply("host_added", "1", { team: "web" });
  const { version } = manager;
  const other = defineView(model, { keys: { hosts: () => ["web", "db"] }, roles: { guest: { hosts: ["load"] } } });

  const next = await restarted(other);
  const again = await next.restarted(other);

  for (const { manager: later } of [next, again]) expect(later.space("main")?.diffSince(version)).toEqual({});
});

test("[V9] a move of fields that no role lists makes no key row, and is told all the same to who sees them, also after a restart", async () => {
  const whole = defineView(model, {
    keys: { hosts: ({ team = "none" }) => [team] },
    roles: { guest: { hosts: "*" }, lister: { hosts: ["team"] } },
  });
  const { manager, apply, restarted } = await world(memoryStore(), new VirtualRuntime(), whole);
  await apply("host_added", "1", { team: "web", load: 1 });
  const first = await restarted();
  await first.apply("host_updated", "1", { load: 2 });
  const { version } = first.manager;
  const fold = spaceOf(first.manager.space("main") as SpaceView).fold(null);
  const { seen } = await first.restarted();

  expect(fold.records.map(({ collection: name }) => name)).toEqual(["hosts"]);
  expect(seen("web").diffSince(manager.version)).toEqual({ hosts: { put: [{ id: "1", team: "web", load: 2 }] } });
  expect(seen("web").diffSince(version)).toEqual({});
});

test("[V1] a change whose keys can't be computed is refused, and nothing has moved", async () => {
  const broken = defineView(model, {
    keys: {
      hosts: ({ team }) => {
        if (team === "bad") throw new Error("not that one");
        return ["web"];
      },
    },
    roles: { guest: { hosts: ["load"] } },
  });
  const { manager, apply } = await world(memoryStore(), new VirtualRuntime(), broken);
  await apply("host_added", "1", { team: "web" });

  await expect(apply("host_updated", "1", { team: "bad" })).rejects.toMatchObject({ code: "invalid_change" });

  expect(manager.state.hosts.get("1")).toEqual({ id: "1", team: "web" });
  expect(manager.version).toBe(1);
});

test("[V15] tickets are of one position of one view; a longer or shorter text is none", async () => {
  const { manager, apply, seen } = await world();
  await apply("host_added", "1", { team: "web" });
  const view = seen("web");
  const proof = view.proofAt(manager.epoch, 1);

  expect(view.accepts(manager.epoch, 1, proof)).toBe(true);
  for (const wrong of [
    undefined,
    { ...proof, view: seen("db").id },
    { ...proof, ticket: "" },
    { ...proof, ticket: `${proof.ticket}x` },
  ])
    expect(view.accepts(manager.epoch, 1, wrong)).toBe(false);
  expect(view.accepts("another epoch", 1, proof)).toBe(false);
  expect(seen("db").accepts(manager.epoch, 1, { ...proof, view: seen("db").id })).toBe(false);
});
