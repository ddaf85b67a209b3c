import { describe, expect, test } from "vitest";
import { NO_VIEW, nextView } from "../views/view.ts";
import { BEACON_MS, delta, full, MachineRig, sent, types } from "./machine-rig-suite.ts";

/** A state of 1,000 bytes is on its way, and so much of it is here. */
function loading(receivedBytes = 400): MachineRig {
  const replica = new MachineRig().open();
  replica.receivePart(receivedBytes);
  return replica;
}

describe("a part", () => {
  test("[M9] is acked at once, and the message that all of them make counts as no further frame", () => {
    const replica = new MachineRig().open();

    const acks = [400, 800, 1_000].map((received) => sent(replica.receivePart(received)));
    const whole = replica.receive(full(5), { fromParts: true });
    replica.sync();
    const last = sent(replica.pass(300));

    expect(acks).toEqual([1, 2, 3].map((n) => [{ type: "ack", n }]));
    expect(types(whole)).toEqual(["replace"]);
    expect(last).toEqual([{ type: "ack", n: 4 }]);
    expect(replica.status.type).toBe("live");
  });

  test("[R7] says how much has come, until all of it has been taken in", () => {
    const replica = loading(400);
    const view = () =>
      nextView(
        NO_VIEW,
        replica.state,
        replica.status,
        { lastResync: null, lastAbsence: null, way: null },
        replica.now,
        0,
      ).view;

    const during = view();
    replica.receivePart(1_000);
    replica.receive(full(5), { fromParts: true });

    expect(during).toMatchObject({
      status: { type: "catching_up" },
      loading: { receivedBytes: 400, totalBytes: 1_000 },
    });
    expect(view().loading).toBeNull();
  });

  test("[R7] of a change means that the replica is not level", () => {
    const replica = new MachineRig().live(5);

    replica.receivePart(400);
    const during = replica.status.type;
    replica.receive(delta(5, 6), { fromParts: true });
    replica.sync({ head: 6 });

    expect([during, replica.status.type]).toEqual(["catching_up", "live"]);
  });

  test("[R8] of an old socket is ignored", () => {
    const replica = new MachineRig().live(5);

    expect(replica.receivePart(400, { socket: replica.state.socket - 1 })).toEqual([]);
    expect(replica.status.type).toBe("live");
  });
});

describe("a line that is slow", () => {
  test("[R5] is no silence while parts come, however long all of them take", () => {
    const replica = loading(1);

    for (let received = 2; received < 20; received += 1) {
      replica.pass(BEACON_MS);
      replica.receivePart(received);
    }

    expect(replica.state.counters).toMatchObject({ silentSockets: 0, reconnects: 0 });
  });

  test("[R5] gets as much time for its answer from each part on, at a wake-up too", () => {
    const replica = loading();
    const asked = sent(replica.input({ type: "awake" }));
    for (const received of [500, 600, 700]) {
      replica.pass(900);
      replica.receivePart(received);
    }
    const open = [...replica.effects];

    const dropped = replica.pass(1_100);

    expect(asked).toEqual([{ type: "check", n: 1 }]);
    expect(types(open)).not.toContain("close_socket");
    expect(types(dropped)).toEqual(["close_socket", "open_socket"]);
  });

  test("[R5] on which each part takes longer than a second is not given up for that at a wake-up", () => {
    const replica = new MachineRig().open();
    for (let received = 100; received < 1_000; received += 100) {
      replica.pass(1_600);
      replica.receivePart(received);
      replica.input({ type: "awake" });
    }
    const before = types(replica.effects);

    const dropped = replica.pass(3_300);

    expect(before).not.toContain("close_socket");
    expect(types(dropped)).toContain("close_socket");
  });

  test("[R5] is given up a second after a sleep in which it died, whatever of a message the buffers held", () => {
    const replica = loading();
    replica.now += 3_600_000;
    replica.receivePart(500);
    replica.input({ type: "awake" });
    replica.receivePart(600);

    expect(types(replica.pass(1_100))).toContain("close_socket");
  });

  test("[R5] has proved itself when the answer comes between the parts", () => {
    const replica = loading();
    replica.input({ type: "awake" });

    replica.receive({ type: "sync", version: 0, head: 5, part: 400, check: 1 });
    const later = replica.pass(10_000);

    expect(types(later)).not.toContain("close_socket");
    expect(replica.status.type).toBe("catching_up");
  });

  test("[R2] a get_state has not timed out while parts come", () => {
    const replica = new MachineRig().live(5);
    replica.receive(delta(7, 8));
    for (let received = 100; received < 1_000; received += 100) {
      replica.pass(9_000);
      replica.receivePart(received);
    }
    replica.receivePart(1_000);

    const effects = replica.receive(full(8, { type: "full_state" }), { fromParts: true });

    expect(types(effects)).toEqual(["replace"]);
    expect(replica.state.counters.resyncs.gap).toBe(1);
  });
});

describe("between the parts", () => {
  test("[R4] of the first message a sync is compared with nothing", () => {
    const replica = loading();

    expect(sent(replica.receive({ type: "sync", version: 0, head: 9, part: 400 })).map(({ type }) => type)).toEqual([]);
    expect(replica.state.phase.type).toBe("greeting");
  });

  test("[R4] of a later one it is compared like any other", () => {
    const replica = new MachineRig().live(5);
    replica.receivePart(400);

    const same = replica.receive({ type: "sync", version: 5, head: 9, part: 400 });
    const other = replica.receive({ type: "sync", version: 4, head: 9, part: 400 });

    expect(sent(same)).toEqual([]);
    expect(sent(other)).toContainEqual({ type: "get_state", reason: "drift" });
  });

  test("[D2] no answer says that a history is lost", () => {
    const replica = loading();
    replica.input({ type: "await_position", waiter: 1, epoch: "e1", version: 5 });

    replica.receive({ type: "sync", version: 0, head: 5, part: 400, check: 7 });
    replica.receivePart(1_000);
    const effects = replica.receive(full(5), { fromParts: true });

    expect(effects.filter(({ type }) => type === "settle")).toEqual([
      { type: "settle", waiter: 1, outcome: "reached" },
    ]);
  });

  test.each([
    ["a delta", delta(5, 6)],
    ["a full state", full(6)],
    ["a sync that says another number of bytes", { type: "sync", version: 5, head: 6, part: 300 }],
    ["a sync that knows nothing of parts", { type: "sync", version: 5, head: 6 }],
  ] as const)("[M9] %s means that a part was lost: the connection is dropped with all that has come", (_, message) => {
    const replica = new MachineRig().live(5);
    replica.receivePart(400);

    const effects = replica.receive(message);
    replica.pass(1_000);
    replica.open();

    expect(effects).toContainEqual({ type: "close_socket", socket: 1, code: 4400 });
    expect(replica.state.phase).toMatchObject({ type: "greeting", link: { loading: null, taken: 0 } });
  });

  test("[M9] so does a sync with a number of bytes where nothing is on its way", () => {
    const replica = new MachineRig().live(5);

    expect(types(replica.receive({ type: "sync", version: 5, head: 5, part: 300 }))).toContain("close_socket");
  });
});
