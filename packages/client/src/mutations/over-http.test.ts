import type { ServerMessage, SyncMessage } from "@neverstale/protocol";
import { beforeEach, describe, expect, test } from "vitest";
import { json, promisesSettled } from "../environment/fake-environment-suite.ts";
import { FakeHttpEnvironment } from "../environment/fake-http-suite.ts";
import { delta } from "../machine/machine-rig-suite.ts";
import { Replica } from "../replica.ts";
import { A, type Board, counted, countUp, done, putCard, stateAt } from "./board-rig-suite.ts";
import { mutations } from "./mutations.ts";

let io: FakeHttpEnvironment;
let sync: Replica<Board>;
/** It answers the request that is out. */
let answer: (n: number, version: number) => Promise<void>;

/** The replica follows over a stream, and is live at version 10, with the card A. */
beforeEach(async () => {
  io = new FakeHttpEnvironment();
  io.answer = () =>
    new Promise((resolve) => {
      answer = (n, version) => {
        resolve(json(200, { epoch: "e1", outcomes: [done(n, version)] }));
        return promisesSettled();
      };
    });
  sync = new Replica<Board>({ url: "/sync", io, mutations: mutations() });
  io.socket.close(1006);
  await io.pass(1_000);
  io.socket.close(1006);
  await io.pass(0);
  io.exchange.state(stateAt(10, A));
  io.exchange.stream();
  tell(facts, level(10));
  await promisesSettled();
});

const facts: SyncMessage = {
  type: "sync",
  version: 10,
  head: 10,
  resumed: { epoch: "e1", space: "c1", model: 1, beaconMs: 30_000, lineage: [["e1", 10]] },
};
const level = (version: number): SyncMessage => ({ type: "sync", version, head: version, digest: sync.digest() });
const counts = () => sync.state.cards.get("a")?.count;

function tell(...messages: ServerMessage[]): void {
  io.exchange.event(io.now(), ...messages);
}

describe("over HTTP a message that comes before the answer to a mutation", () => {
  test("[U12] waits for it, so that the effect is shown once all the time", async () => {
    void sync.mutate(countUp, { id: "a" });
    await promisesSettled();
    tell(delta(10, 11, counted(1)), delta(11, 12, counted(2)));
    expect([sync.status.type, sync.version, counts()]).toEqual(["live", 10, 1]);

    await answer(1, 11);

    expect([sync.version, counts(), sync.pending.length]).toEqual([12, 2, 0]);
  });

  test("[U12] waits for a second and no longer", async () => {
    void sync.mutate(countUp, { id: "a" });
    await promisesSettled();
    tell(delta(10, 11, counted(1)));

    await io.pass(999);
    expect(sync.version).toBe(10);
    await io.pass(1);

    expect(sync.version).toBe(11);
  });

  test("[U12] waits for no answer to what is not shown", async () => {
    void sync.mutate(countUp, { id: "a" }, { optimistic: false });
    await promisesSettled();

    tell(delta(10, 11, counted(1)));

    expect([sync.version, counts()]).toEqual([11, 1]);
  });

  test("[U12] [H2] is taken in before anything else is asked for", async () => {
    void sync.mutate(countUp, { id: "a" });
    await promisesSettled();
    tell(delta(10, 11, counted(1)));
    const before = io.exchanges.length;
    io.exchange.end();
    await io.pass(500);
    expect(io.exchanges).toHaveLength(before);

    await answer(1, 11);
    await io.pass(0);

    expect(io.exchanges).toHaveLength(before + 1);
    expect(io.exchange.path + io.exchange.search).toContain("11");
  });

  test("[U12] does not wait where the connection is lost", async () => {
    void sync.mutate(countUp, { id: "a" });
    await promisesSettled();
    tell(delta(10, 11, counted(1)));

    io.exchange.fail();

    expect(sync.version).toBe(11);
  });

  test("[R9] is not shown to whoever has signed out", async () => {
    void sync.mutate(countUp, { id: "a" });
    await promisesSettled();
    tell(delta(10, 11, counted(1)));

    sync.signOut();

    expect([sync.list("cards"), sync.pending, sync.status.type]).toEqual([[], [], "signed_out"]);
  });

  test("[U12] [B93] 256 wait at most, and with one more they all go on", async () => {
    void sync.mutate(putCard, { id: "b" });
    await promisesSettled();
    const frames = Array.from({ length: 256 }, (_, index) => delta(10 + index, 11 + index, counted(index)));
    tell(...frames);
    expect(sync.version).toBe(10);

    tell(delta(266, 267, counted(257)));

    expect(sync.version).toBe(267);
  });

  test("[U12] [B93] one that is larger than a mebibyte waits for nothing", async () => {
    void sync.mutate(putCard, { id: "b" });
    await promisesSettled();

    tell(delta(10, 11, { cards: { set: { a: { title: "A".repeat(1024 * 1024) } } } }));

    expect(sync.version).toBe(11);
  });

  test("[U12] [R7] is as old, when it goes on, as it is", async () => {
    tell(level(10));
    const before = sync.lastConfirmedAt ?? 0;
    await io.pass(5_000);
    void sync.mutate(countUp, { id: "a" });
    await promisesSettled();
    tell({ type: "sync", version: 10, head: 10 });
    await io.pass(1_000);

    expect((sync.lastConfirmedAt ?? 0) - before).toBe(5_000);
  });
});
