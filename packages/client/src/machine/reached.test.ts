import { describe, expect, test } from "vitest";
import { delta, full, MachineRig, sent, types } from "./machine-rig-suite.ts";

function awaitPosition(replica: MachineRig, epoch: string, version: number) {
  return replica.input({ type: "await_position", waiter: 1, epoch, version });
}

function settled(replica: MachineRig) {
  return replica.effects.filter((effect) => effect.type === "settle");
}

describe("in my own epoch", () => {
  test("[D2] it is reached at once when the replica is there or beyond", () => {
    const replica = new MachineRig().live(5);

    const effects = [...awaitPosition(replica, "e1", 5), ...awaitPosition(replica, "e1", 4)];

    expect(effects.map((effect) => effect.type === "settle" && effect.outcome)).toEqual(["reached", "reached"]);
    expect(replica.state.waiters).toEqual([]);
  });

  test("[D2] or as soon as a delta brings it there, without a check", () => {
    const replica = new MachineRig().live(5);
    awaitPosition(replica, "e1", 8);

    replica.receive(delta(5, 7));
    const before = settled(replica);
    const effects = replica.receive(delta(7, 9));

    expect(before).toEqual([]);
    expect(types(effects)).toEqual(["apply", "settle"]);
    expect(sent(replica.effects).filter(({ type }) => type === "check")).toEqual([]);
  });

  test("[D2] or a full state does", () => {
    const replica = new MachineRig().live(5);
    awaitPosition(replica, "e1", 8);

    expect(types(replica.receive(full(8, { type: "full_state" })))).toEqual(["replace", "settle"]);
  });
});

describe("in an epoch that was before", () => {
  test("[D2] it is in this history if the lineage gives that run a last version at least as high", () => {
    const replica = new MachineRig().live(9, {
      epoch: "e2",
      lineage: [
        ["e1", 7],
        ["e2", 9],
      ],
    });

    const inside = awaitPosition(replica, "e1", 7);
    const beyond = awaitPosition(replica, "e1", 8);

    expect(types(inside)).toEqual(["settle"]);
    expect(sent(beyond)).toEqual([{ type: "check", n: 1 }]);
  });

  test("[D2] then it waits for the version like any other", () => {
    const replica = new MachineRig().live(3, { epoch: "e2", lineage: [["e1", 7]] });
    awaitPosition(replica, "e1", 7);

    expect(types(replica.receive(delta(3, 6)))).toEqual(["apply"]);
    expect(types(replica.receive(delta(6, 7)))).toEqual(["apply", "settle"]);
  });
});

describe("in an epoch I don't know", () => {
  test("[D2] one check is sent, and when its answer brings nothing new the history is lost", () => {
    const replica = new MachineRig().live(5);

    const asked = awaitPosition(replica, "e0", 4);
    replica.receive(delta(5, 6));
    replica.sync();
    const before = settled(replica);
    replica.sync({ check: 1 });

    expect(sent(asked)).toEqual([{ type: "check", n: 1 }]);
    expect(before).toEqual([]);
    expect(settled(replica)).toEqual([{ type: "settle", waiter: 1, outcome: "history_lost" }]);
  });

  test("[D2] the answer to a check that was sent before does not count", () => {
    const replica = new MachineRig().live(5);
    replica.input({ type: "awake" });

    awaitPosition(replica, "e0", 4);
    replica.sync({ check: 1 });
    const before = settled(replica);
    replica.sync({ check: 2 });

    expect(before).toEqual([]);
    expect(settled(replica)).toHaveLength(1);
  });

  test("[D2] one check at a time is out for all who wait, however many they are and whether or not it is answered", () => {
    const replica = new MachineRig().live(5);

    for (let waiter = 1; waiter <= 8; waiter += 1) {
      replica.input({ type: "await_position", waiter, epoch: "e0", version: waiter });
      if (waiter % 2 === 0) replica.input({ type: "abandon", waiter });
    }
    const first = sent(replica.effects).filter(({ type }) => type === "check");
    const second = sent(replica.sync({ check: 1 }));
    const after = sent(replica.sync({ check: 2 }));

    expect([first, second, after]).toEqual([[{ type: "check", n: 1 }], [{ type: "check", n: 2 }], []]);
    expect(settled(replica).map((effect) => effect.type === "settle" && effect.waiter)).toEqual([1, 3, 5, 7]);
    expect(replica.state.waiters).toEqual([]);
  });

  test("[D2] a check for those who wait is one that the socket is dropped by, and the next connection sends one for all", () => {
    const replica = new MachineRig().live(5);
    for (let waiter = 1; waiter <= 8; waiter += 1) {
      replica.input({ type: "await_position", waiter, epoch: "e0", version: waiter });
    }

    const dropped = replica.pass(6_000);
    replica.open();
    const asked = sent(replica.receive(full(6)));

    expect(types(dropped)).toContain("close_socket");
    expect(asked).toEqual([{ type: "check", n: 2 }]);
    expect(replica.state.waiters.every(({ check }) => check === 2)).toBe(true);
  });

  test("[D2] it is asked again on the next connection, whose lineage may know it", () => {
    const replica = new MachineRig().live(5);
    awaitPosition(replica, "e2", 6);
    replica.closed();
    replica.pass(1_000);
    replica.open();

    const effects = replica.receive(full(6, { epoch: "e2" }));

    expect(types(effects)).toEqual(["replace", "settle"]);
    expect(settled(replica)).toEqual([{ type: "settle", waiter: 1, outcome: "reached" }]);
  });

  test("[D2] and if that one doesn't know it either, a new check decides", () => {
    const replica = new MachineRig().live(5);
    awaitPosition(replica, "e2", 6);
    replica.closed();
    replica.pass(1_000);
    replica.open();

    const effects = replica.receive(full(7, { epoch: "e3", lineage: [["e1", 5]] }));
    replica.sync();
    const before = settled(replica);
    replica.sync({ check: 2 });

    expect(sent(effects)).toEqual([{ type: "check", n: 2 }]);
    expect(before).toEqual([]);
    expect(settled(replica)).toMatchObject([{ outcome: "history_lost" }]);
  });

  test("[D2] epoch and version are kept as given: carried into another epoch they are judged again", () => {
    const replica = new MachineRig().live(5);
    awaitPosition(replica, "e1", 9);
    replica.closed();
    replica.pass(1_000);
    replica.open();

    replica.receive(full(12, { epoch: "e2", lineage: [["e1", 8]] }));
    replica.sync({ check: 1 });

    expect(settled(replica)).toMatchObject([{ outcome: "history_lost" }]);
  });

  test("[D2] without a connection it waits for one", () => {
    const replica = new MachineRig();
    replica.input({ type: "start", user: null });

    const effects = awaitPosition(replica, "e1", 5);
    replica.open();
    replica.receive(full(5));

    expect(effects).toEqual([]);
    expect(settled(replica)).toMatchObject([{ outcome: "reached" }]);
  });
});

describe("giving up", () => {
  test("one that is abandoned is never told", () => {
    const replica = new MachineRig().live(5);
    awaitPosition(replica, "e1", 6);

    replica.input({ type: "abandon", waiter: 1 });
    replica.receive(delta(5, 6));

    expect(settled(replica)).toEqual([]);
  });

  test.each(["stop", "sign_out"] as const)("after %s nobody is kept waiting", (type) => {
    const replica = new MachineRig().live(5);
    awaitPosition(replica, "e1", 6);

    replica.input({ type });
    awaitPosition(replica, "e1", 6);

    expect(settled(replica)).toMatchObject([{ outcome: "closed" }, { outcome: "closed" }]);
  });

  test("nor after the authority has closed for good", () => {
    const replica = new MachineRig().live(5);
    awaitPosition(replica, "e1", 6);

    replica.closed(4401);

    expect(settled(replica)).toMatchObject([{ outcome: "closed" }]);
  });
});
