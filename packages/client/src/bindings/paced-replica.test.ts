import { collection, defineModel, digestOf, put, type StateOf } from "@neverstale/protocol";
import { beforeEach, expect, test } from "vitest";
import { FakeEnvironment } from "../environment/fake-environment-suite.ts";
import { StateSync } from "../io/state-sync.ts";
import { delta } from "../machine/machine-rig-suite.ts";
import { pacedReplica, recordSelection, stateSelection } from "./index.ts";

const board = defineModel({
  model: 1,
  collections: { cards: collection<{ readonly id: string; readonly n: number }>() },
  changes: { card_put: put("cards") },
});
type Board = StateOf<typeof board>;

/** What waits to be told. */
let due: (() => void)[];
let io: FakeEnvironment;
let sync: StateSync<Board>;
let paced: StateSync<Board>;
let socket: ReturnType<NonNullable<(typeof io.sockets)[0]>["open"]>;

beforeEach(() => {
  due = [];
  io = new FakeEnvironment();
  sync = new StateSync<Board>({ url: "/sync", io });
  paced = pacedReplica(sync, (tell) => due.push(tell));
  const opened = io.sockets[0]?.open();
  if (opened === undefined) throw new Error("there is no socket");
  socket = opened;
  const facts = { epoch: "e1", space: "c1", model: 1, beaconMs: 30_000, lineage: [], digest: "0".repeat(16) };
  socket.push(JSON.stringify({ type: "init", version: 1, ...facts, payload: { cards: [{ id: "a", n: 1 }] } }));
  socket.push(JSON.stringify({ type: "sync", version: 1, head: 1, digest: sync.digest() }));
});

function change(id: string, n: number): void {
  socket.push(delta(sync.version, sync.version + 1, { cards: { put: [{ id, n }] } }));
}

function tellNow(): void {
  for (const tell of due.splice(0)) tell();
}

test("many changes are told once, later, to those whom they concern, and the state is the newest at any moment", () => {
  const told: string[] = [];
  paced.subscribeRecord("cards", "a", () => told.push("a"));
  paced.subscribeRecord("cards", "b", () => told.push("b"));
  paced.subscribeCollection("cards", () => told.push("cards"));
  paced.subscribe(() => told.push("any"));

  for (const n of [2, 3, 4]) change("a", n);
  const before = [...told, paced.state.cards.get("a")?.n, due.length];
  tellNow();

  expect(before).toEqual([4, 1]);
  expect(told.toSorted()).toEqual(["a", "any", "cards"]);
});

test("a selection is computed once for many changes, and is right when it is looked at between them", () => {
  let runs = 0;
  const sum = stateSelection(paced, ({ cards }) => {
    runs += 1;
    return [...cards.values()].reduce((total, { n }) => total + n, 0);
  });
  const card = recordSelection(paced, "cards", "a");
  const told: unknown[] = [];
  sum.subscribe(() => told.push(sum.current));
  card.subscribe(() => told.push(card.current?.n));
  const before = runs;

  change("b", 10);
  change("a", 5);
  const between = [sum.current, runs - before];
  tellNow();

  expect(between).toEqual([15, 1]);
  expect(told).toEqual([15, 5]);
  expect(runs - before).toBe(1);
});

test("what concerns the connection is told at once, with all that has moved before it", () => {
  const told: unknown[] = [];
  paced.subscribeRecord("cards", "a", () => told.push(paced.state.cards.get("a")?.n));
  paced.subscribe(() => told.push(paced.status.type));

  change("a", 2);
  socket.close(1006);

  expect(told).toEqual([2, "connecting"]);
});

test("who has left is told nothing more, and the replica has no listener for nobody", () => {
  const told: string[] = [];
  const stops = ["one", "other"].map((name) => paced.subscribeCollection("cards", () => told.push(name)));
  change("a", 2);
  for (const stop of stops) {
    stop();
    stop();
  }
  tellNow();
  change("a", 3);

  expect([told, due.length]).toEqual([[], 0]);
});

test("a listener that throws keeps nobody from being told", () => {
  const told: string[] = [];
  paced.subscribeCollection("cards", () => {
    throw new Error("of one listener");
  });
  paced.subscribeRecord("cards", "a", () => told.push("a"));
  change("a", 2);

  expect(tellNow).toThrow("of one listener");
  expect(told).toEqual(["a"]);
});

test("the digest is brought up to date with each telling, and is the one of the state", () => {
  let digests = 0;
  const digest = sync.digest.bind(sync);
  sync.digest = () => {
    digests += 1;
    return digest();
  };
  paced.subscribeCollection("cards", () => {});
  for (const n of [2, 3, 4]) change("a", n);
  const before = digests;
  tellNow();

  expect([before, digests]).toEqual([0, 1]);
  expect(sync.digest()).toBe(digestOf(sync.state as Parameters<typeof digestOf>[0]));
});

test("it is the replica in all else", () => {
  expect([paced.version, paced.list("cards").length, paced.digest()]).toEqual([1, 1, sync.digest()]);
  expect(paced.refresh).toBe(paced.refresh);
});
