import { collection, defineModel, put, type StateOf } from "@neverstale/protocol";
import { describe, expect, test } from "vitest";
import { FakeEnvironment } from "../environment/fake-environment-suite.ts";
import { StateSync, type StateSyncOptions } from "../io/state-sync.ts";
import { delta } from "../machine/machine-rig-suite.ts";
import type { Selection } from "../views/selection.ts";
import { listSelection, ownedReplica, pendingSelection, recordSelection, viewSelection } from "./index.ts";

const board = defineModel({
  model: 1,
  collections: { cards: collection<{ readonly id: string; readonly n: number }>() },
  changes: { card_put: put("cards") },
});
type Board = StateOf<typeof board>;

/** It is a replica that has one card, on a connection on which the next changes come. */
function followed() {
  const io = new FakeEnvironment();
  io.freezes = true;
  const sync = new StateSync<Board>({ url: "/sync", io });
  const socket = io.sockets[0]?.open();
  const facts = { epoch: "e1", space: "c1", model: 1, beaconMs: 30_000, lineage: [], digest: "0".repeat(16) };
  socket?.push(JSON.stringify({ type: "init", version: 1, ...facts, payload: { cards: [{ id: "a", n: 1 }] } }));
  const put = (id: string, n: number) =>
    socket?.push(delta(sync.version, sync.version + 1, { cards: { put: [{ id, n }] } }));
  return { sync, put };
}

/** It returns the values that a listener was told of. */
function toldOf<T>(selection: Selection<T>): T[] {
  const told: T[] = [];
  selection.subscribe(() => told.push(selection.current));
  return told;
}

describe("a selection of a binding", () => {
  test("is told of only when it is another value", () => {
    const { sync, put } = followed();
    const card = toldOf(recordSelection(sync, "cards", "a"));
    const large = toldOf(listSelection(sync, "cards", { filter: ({ n }) => n > 5 }));
    const word = toldOf(viewSelection(sync, ({ epoch }) => ({ epoch })));
    const pending = toldOf(pendingSelection(sync));

    put("b", 2);
    put("a", 3);
    put("c", 6);

    expect([card, large]).toEqual([[{ id: "a", n: 3 }], [[{ id: "c", n: 6 }]]]);
    expect([word, pending]).toEqual([[], []]);
  });

  test("is the same value each time it is looked at, and with it the records in it", () => {
    const { sync, put } = followed();
    const sorted = listSelection(sync, "cards", { sort: (a, b) => b.n - a.n });
    const [first] = sorted.current;

    put("b", 2);

    expect(sorted.current).toBe(sorted.current);
    expect(sorted.current.map(({ id }) => id)).toEqual(["b", "a"]);
    expect(sorted.current[1]).toBe(first);
  });

  test("[P5] is frozen where the replica's own lists are", () => {
    const { sync } = followed();

    const lists = [{}, { filter: () => true }, { sort: () => 0 }].map((order) => listSelection(sync, "cards", order));

    expect(lists.map(({ current }) => Object.isFrozen(current))).toEqual([true, true, true]);
  });

  test("does not end with one of its listeners", () => {
    const { sync, put } = followed();
    const card = recordSelection(sync, "cards", "a");
    const leave = card.subscribe(() => {});
    const told = toldOf(card);

    leave();
    put("a", 2);

    expect(told).toEqual([{ id: "a", n: 2 }]);
  });
});

describe("a replica that a component owns", () => {
  const io = new FakeEnvironment();
  const make = (options: StateSyncOptions) => new StateSync<Board>(options);

  test("is the same one at the same address, and does not start by itself", () => {
    const first = ownedReplica<Board>(null, { url: "/a", io }, make);

    expect(ownedReplica(first, { url: "/a", io, user: "bob" }, make)).toBe(first);
    expect(io.sockets).toEqual([]);
  });

  test("is another one at another address", () => {
    const first = ownedReplica<Board>(null, { url: "/a", io }, make);

    const second = ownedReplica(first, { url: "/b", io }, make);

    expect(second.sync).not.toBe(first.sync);
    expect(second.url).toBe("/b");
  });
});
