import {
  type AnyViews,
  assert,
  collection,
  defineModel,
  defineView,
  type Model,
  patch,
  put,
  remove,
} from "@neverstale/protocol";
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

const AFTER_A_FOLD_MS = 2_000;

/** A program has a model, and views of it or none. */
interface Release {
  readonly model: Model;
  readonly views: AnyViews | null;
  readonly tombstones: number;
}

async function world(release: Partial<Release> = {}, store = memoryStore(), runtime = new VirtualRuntime()) {
  const { model: declared = model, views = byTeam, tombstones = 2 } = release;
  const manager = await StateManager.openWith(
    { model: declared, store, views: views === null ? [] : [views], limits: { tombstones, foldMs: 1_000 } },
    runtime,
  );
  const apply = async (type: string, target: string, data = {}) => {
    const done = Promise.allSettled([manager.apply({ type, target, data })]);
    await runtime.pass(1);
    const [outcome] = await done;
    if (outcome?.status === "rejected") throw outcome.reason;
  };
  const seen = (team: string) => {
    assert(views !== null, "the release has views");
    return new ViewedSpace(spaceOf(manager.space("main") as SpaceView), views.of({ [team]: "guest" }), proofs);
  };
  const restarted = async (next: Partial<Release> = {}, afterMs = AFTER_A_FOLD_MS) => {
    await runtime.pass(afterMs);
    return world({ model: declared, views, tombstones, ...next }, memoryStore({ data: store.dump() }), runtime);
  };
  return { manager, apply, seen, restarted, store };
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

const withNotes = defineModel({
  model: 1,
  collections: { ...model.collections, notes: collection<{ readonly id: string; readonly team?: string }>() },
  changes: { ...model.changes, note_added: put("notes"), note_removed: remove("notes") },
});
const withNotesByTeam = defineView(withNotes, {
  keys: { hosts: ({ team = "none" }) => [team], notes: ({ team = "none" }) => [team] },
  roles: { guest: { hosts: ["load"], notes: ["team"] } },
});

test.each([
  ["a release remembers fewer of those that are gone", { tombstones: 1 }],
  ["a release has no such collection", { model, views: byTeam }],
  ["a release has no views", { views: null }],
])("[V7] [V9] what is forgotten since %s raises the floor also for all later starts", async (_, next) => {
  const first = { model: withNotes, views: withNotesByTeam, tombstones: 4 };
  const { manager, apply, restarted } = await world(first);
  for (const id of ["1", "2", "3"]) await apply("note_added", id, { team: "web" });
  const { version } = manager;
  for (const id of ["1", "2", "3"]) await apply("note_removed", id);
  const between = await restarted(next);
  await between.apply("host_added", "1", { team: "web" });

  const again = await between.restarted(first);
  const last = await again.restarted();

  for (const { seen, manager: later } of [again, last]) {
    expect(seen("web").canDiffFrom(version)).toBe(false);
    expect(seen("web").canDiffFrom(later.version)).toBe(true);
    expect(seen("web").records).toBe(1);
  }
});

test.each([
  ["in the records", AFTER_A_FOLD_MS],
  ["in the log", 0],
])("[V9] what a release without views removes leaves no trace of the keys that it had %s", async (_, afterMs) => {
  const { manager, apply, restarted } = await world({ tombstones: 1 });
  for (const id of ["1", "2", "3"]) await apply("host_added", id, { team: "web" });
  const { version } = manager;
  const between = await restarted({ views: null }, afterMs);
  for (const id of ["1", "2", "3"]) await between.apply("host_removed", id);

  const { seen } = await between.restarted({ views: byTeam });

  expect(seen("web").canDiffFrom(version)).toBe(false);
  expect(seen("web").records).toBe(0);
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

  const next = await restarted({ views: byLoad });
  const again = await next.restarted({ views: byLoad });

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

  const next = await restarted({ views: other });
  const again = await next.restarted({ views: other });

  for (const { manager: later } of [next, again]) expect(later.space("main")?.diffSince(version)).toEqual({});
});

test("[V9] a move of fields that no role lists makes no key row, and is told all the same to who sees them, also after a restart", async () => {
  const whole = defineView(model, {
    keys: { hosts: ({ team = "none" }) => [team] },
    roles: { guest: { hosts: "*" }, lister: { hosts: ["team"] } },
  });
  const { manager, apply, restarted } = await world({ views: whole });
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

test("[V9] the keys of a record that comes back without any are not stored any more, also where it went while a fold was under way", async () => {
  const ofTeams = defineView(model, {
    keys: { hosts: ({ team }) => (team === undefined ? [] : [team]) },
    roles: { guest: { hosts: ["load"] } },
  });
  const { manager, apply, restarted, store } = await world({ views: ofTeams, tombstones: 1 });
  const space = spaceOf(manager.space("main") as SpaceView);
  const foldDuring = async (work: () => Promise<void>) => {
    const fold = space.fold(null);
    await store.fold(fold);
    await work();
    space.folded(fold);
  };
  const forgotten = async () => {
    await apply("host_removed", "1");
    await apply("host_added", "2");
    await apply("host_removed", "2"); // Its tombstone takes the place of the other one.
  };
  await apply("host_added", "1", { team: "web" });
  await foldDuring(async () => {});
  await forgotten();
  await apply("host_added", "1", { team: "web" });

  await foldDuring(forgotten);
  await apply("host_added", "1", { load: 1 });
  const { version } = manager;
  const next = await restarted();

  expect(next.manager.version).toBe(version);
  expect(next.seen("web").diffSince(version)).toEqual({});
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
  const { manager, apply } = await world({ views: broken });
  await apply("host_added", "1", { team: "web" });

  await expect(apply("host_updated", "1", { team: "bad" })).rejects.toMatchObject({ code: "invalid_change" });

  expect(manager.state.hosts?.get("1")).toEqual({ id: "1", team: "web" });
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
