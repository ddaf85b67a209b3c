import { backoffMs } from "@neverstale/base";
import { describe, expect, test } from "vitest";
import { BACKOFF } from "./backoff.ts";
import { delta, full, MachineRig, sent, types } from "./machine-rig-suite.ts";

describe("reconnecting", () => {
  test("[R6] the backoff is exponential with full jitter, from half a second to thirty", () => {
    expect([1, 2, 3, 6, 7, 8, 60].map((failures) => backoffMs(BACKOFF, failures, 0.999_999))).toEqual(
      [500, 1_000, 2_000, 16_000, 30_000, 30_000, 30_000].map((ms) => expect.closeTo(ms, 0)),
    );
    expect(backoffMs(BACKOFF, 5, 0)).toBe(0);
  });

  test("[R6] it grows with every failure, also of sockets that opened, and is reset only once level", () => {
    const replica = new MachineRig().live(5);
    const delays: number[] = [];
    const lose = () => {
      replica.closed();
      const { phase } = replica.state;
      const delay = phase.type === "waiting" ? phase.retryAt - replica.now : -1;
      delays.push(delay);
      replica.pass(delay);
    };

    lose();
    lose();
    replica.open();
    replica.receive(full(5));
    lose();
    replica.open();
    replica.receive(full(5));
    replica.sync();
    lose();

    expect(delays).toEqual([250, 500, 1_000, 250]);
  });

  test("[R6] level by a delta resets it too", () => {
    const replica = new MachineRig().live(5);
    replica.closed();
    replica.pass(1_000);
    replica.open();
    replica.receive(full(5));
    replica.sync({ head: 8 });
    expect(replica.state.attempt).toBe(1);

    replica.receive(delta(5, 8));

    expect(replica.state.attempt).toBe(0);
  });

  test("1012 and 4408 come back at once, but only once without being level", () => {
    for (const code of [1012, 4408]) {
      const replica = new MachineRig().live(5);

      const first = replica.closed(code);
      const second = replica.closed(code);

      expect(types(first)).toEqual(["open_socket"]);
      expect(second).toEqual([]);
      expect(replica.state.phase.type).toBe("waiting");
    }
  });

  test("1013 comes back with backoff, not before the authority's own hint", () => {
    const replica = new MachineRig().live(5);
    replica.receive({ type: "error", code: "too_many_requests", message: "full", hint: "", retryAfterMs: 8_000 });
    replica.closed(1013);

    const early = replica.pass(7_999);
    const due = replica.pass(1);

    expect([types(early), types(due)]).toEqual([[], ["open_socket"]]);
  });

  test("what it asked for on an earlier connection is past", () => {
    const replica = new MachineRig().live(5);
    replica.receive({ type: "error", code: "too_many_requests", message: "full", hint: "", retryAfterMs: 60_000 });
    replica.closed(1013);
    replica.input({ type: "awake" });
    replica.open();
    replica.receive(full(5));
    replica.sync();
    replica.closed();

    expect(types(replica.pass(500))).toEqual(["open_socket"]);
    expect(replica.state.error).toBeNull();
  });

  test("a socket that does not open in ten seconds is given up", () => {
    const replica = new MachineRig();
    replica.input({ type: "start", user: null });

    const early = replica.pass(9_999);
    const due = replica.pass(1);

    expect([types(early), types(due)]).toEqual([[], ["close_socket"]]);
    expect(replica.state.phase.type).toBe("waiting");
  });

  test("[P2] with a short beacon it is given up as early as the promise asks", () => {
    const replica = new MachineRig().live(5, { beaconMs: 500 });
    replica.closed();
    replica.pass(250);
    expect(replica.state.phase.type).toBe("connecting");

    expect(types(replica.pass(6_000))).toEqual(["close_socket"]);
  });

  test("reconnects are counted, tries are not", () => {
    const replica = new MachineRig().live(5);
    replica.closed();
    for (let tries = 0; tries < 7; tries++) {
      replica.pass(30_000);
      replica.closed();
    }
    replica.pass(30_000);
    replica.open();

    expect(replica.state.socket).toBeGreaterThan(7);
    expect(replica.state.counters.reconnects).toBe(1);
  });

  test("one that never came about is no reconnect", () => {
    const replica = new MachineRig();
    replica.input({ type: "start", user: null });
    replica.closed();
    replica.pass(1_000);
    replica.open();

    expect(replica.state.counters.reconnects).toBe(0);
  });

  test("[R6] while somebody may be looking no wait is longer than five seconds", () => {
    const replica = new MachineRig().live(5);
    replica.chance = 0.999_999;
    replica.input({ type: "seen" });
    const longest = () => {
      let longest = 0;
      for (let tries = 0; tries < 12; tries++) {
        replica.closed();
        const { phase } = replica.state;
        const delay = phase.type === "waiting" ? phase.retryAt - replica.now : Number.NaN;
        longest = Math.max(longest, delay);
        replica.pass(delay);
      }
      return longest;
    };

    const seen = longest();
    replica.input({ type: "unseen" });
    const unseen = longest();

    expect([seen, unseen]).toEqual([expect.closeTo(5_000, 0), expect.closeTo(30_000, 0)]);
  });
});

describe("silence", () => {
  test("[R5] after two beacon intervals without a message: check; no answer in five seconds: another socket", () => {
    const replica = new MachineRig().live(5);
    replica.pass(59_999);

    const check = sent(replica.pass(1));
    const waiting = replica.pass(4_999);
    const dropped = replica.pass(1);

    expect(check).toEqual([{ type: "check", n: 1 }]);
    expect(waiting).toEqual([]);
    expect(types(dropped)).toEqual(["close_socket"]);
    expect(replica.state.phase.type).toBe("waiting");
    expect(replica.state.counters.silentSockets).toBe(1);
  });

  test("[R5] any message is a sign of life, but only a sync with that check is the answer", () => {
    const replica = new MachineRig().live(5);
    replica.pass(40_000);
    replica.receive(delta(5, 6));
    expect(sent(replica.pass(59_000))).toEqual([{ type: "ack", n: 3 }]);
    expect(sent(replica.pass(1_000))).toEqual([{ type: "check", n: 1 }]);

    replica.receive(delta(6, 7));
    replica.sync();
    replica.sync({ check: 1 });

    expect(types(replica.pass(10_000))).toEqual(["ack"]);
  });

  test("[R5] a delta alone does not answer a check", () => {
    const replica = new MachineRig().live(5);
    replica.pass(60_000);
    replica.receive(delta(5, 6));

    expect(types(replica.pass(5_000))).toEqual(["ack", "close_socket"]);
  });

  test("[R5] checks rise over all connections", () => {
    const replica = new MachineRig().live(5);
    replica.pass(66_000);
    replica.open();
    replica.receive({
      type: "sync",
      version: 5,
      head: 5,
      resumed: { epoch: "e1", space: "c1", model: 1, beaconMs: 30_000, lineage: [] },
    });

    const effects = replica.pass(60_000);

    expect(sent(effects)).toContainEqual({ type: "check", n: 2 });
  });

  test("[R5] the beacon's interval is the authority's", () => {
    const replica = new MachineRig().live(5, { beaconMs: 1_000 });

    expect(sent(replica.pass(2_000))).toContainEqual({ type: "check", n: 1 });
  });

  test("[R5] the answer to a later check answers the earlier ones", () => {
    const replica = new MachineRig().live(5);
    replica.input({ type: "offline" });
    replica.input({ type: "awake" });

    replica.sync({ check: 2 });

    expect(types(replica.pass(6_000))).toEqual(["ack"]);
  });
});

describe("waking up", () => {
  test("[R5] a closed socket is opened at once, without backoff", () => {
    const replica = new MachineRig().live(5);
    replica.closed();

    expect(types(replica.input({ type: "awake" }))).toEqual(["open_socket"]);
  });

  test("[R5] an open one gets a check; without an answer in a second another one is opened at once", () => {
    const replica = new MachineRig().live(5);

    const check = sent(replica.input({ type: "awake" }));
    const waiting = replica.pass(999);
    const replaced = replica.pass(1);

    expect(check).toEqual([{ type: "check", n: 1 }]);
    expect(sent(waiting)).toEqual([{ type: "ack", n: 2 }]);
    expect(types(replaced)).toEqual(["close_socket", "open_socket"]);
  });

  test("[R5] answered, nothing more happens", () => {
    const replica = new MachineRig().live(5);
    replica.input({ type: "awake" });

    replica.sync({ check: 1 });

    expect(types(replica.pass(10_000))).toEqual(["ack"]);
    expect(replica.status).toEqual({ type: "live" });
  });

  test("[R5] several signs of one wake-up are one check", () => {
    const replica = new MachineRig().live(5);

    replica.input({ type: "awake" });
    replica.input({ type: "online" });
    replica.input({ type: "awake" });

    expect(sent(replica.effects).filter(({ type }) => type === "check")).toHaveLength(1);
  });

  test("[R5] a check that was on its way before is joined by one that hurries", () => {
    const replica = new MachineRig().live(5);
    replica.pass(60_000);

    replica.input({ type: "awake" });

    expect(types(replica.pass(1_000))).toEqual(["close_socket", "open_socket"]);
  });

  test("[R5] a socket that was being opened has a second left, and then another one is opened at once", () => {
    const replica = new MachineRig();
    replica.input({ type: "start", user: null });

    replica.input({ type: "awake" });

    expect(types(replica.pass(999))).toEqual([]);
    expect(types(replica.pass(1))).toEqual(["close_socket", "open_socket"]);
  });

  test("[R5] one that fails while it hurries, open or being opened, is followed by another at once, and that one by backoff", () => {
    const opening = new MachineRig();
    opening.input({ type: "start", user: null });
    opening.input({ type: "awake" });
    const open = new MachineRig().live(5);
    open.input({ type: "awake" });

    for (const replica of [opening, open]) {
      expect(types(replica.closed(1006))).toEqual(["open_socket"]);
      expect(types(replica.closed(1006))).toEqual([]);
      expect(replica.status).toMatchObject({ type: "connecting", attempt: 1 });
    }
  });

  test("[P2] a try at the wake-up that fails is followed by another at once, whatever the authority asked for, and that one asks for a new token", () => {
    const replica = new MachineRig().live(5);
    replica.receive({ type: "error", code: "too_many_requests", message: "full", hint: "", retryAfterMs: 8_000 });
    replica.closed(1013);

    expect(replica.input({ type: "awake" })).toMatchObject([{ type: "open_socket", attempt: 1 }]);
    expect(replica.closed(1006)).toMatchObject([{ type: "open_socket", attempt: 2 }]);
    expect(replica.closed(1006)).toEqual([]);
    expect(replica.status).toMatchObject({ type: "connecting", attempt: 2 });
  });

  test("[R5] who is told to come back later does not hurry", () => {
    const replica = new MachineRig().live(5);
    replica.input({ type: "awake" });

    expect(types(replica.closed(1013))).toEqual([]);
  });

  test("[R5] a page put aside closes its socket, does nothing, and opens one at once when it is back", () => {
    const replica = new MachineRig().live(5);

    const aside = replica.input({ type: "suspended" });
    const meanwhile = replica.pass(3_600_000);
    const back = replica.input({ type: "awake" });

    expect(aside).toEqual([{ type: "close_socket", socket: 1, code: 1000 }]);
    expect(meanwhile).toEqual([]);
    expect(back).toMatchObject([{ type: "open_socket", resume: { version: 5 } }]);
  });

  test("a replica that was stopped or has ended is not woken", () => {
    const stopped = new MachineRig().live(5);
    stopped.input({ type: "stop" });
    const ended = new MachineRig().live(5);
    ended.closed(4403);

    for (const replica of [stopped, ended]) {
      expect(replica.input({ type: "awake" })).toEqual([]);
      expect(replica.input({ type: "online" })).toEqual([]);
      expect(replica.input({ type: "suspended" })).toEqual([]);
      expect(replica.input({ type: "awake" })).toEqual([]);
    }
  });
});

describe("acks", () => {
  test("[A4b] 250 ms after the first frame that is not acked, with the number of all of this connection", () => {
    const replica = new MachineRig().live(5);
    replica.now += 200;
    replica.receive(delta(5, 6));

    const early = replica.pass(49);
    const due = replica.pass(1);

    expect(early).toEqual([]);
    expect(sent(due)).toEqual([{ type: "ack", n: 3 }]);
    expect(sent(replica.pass(10_000))).toEqual([]);
  });

  test("[A4b] or at once when 256 KiB have come", () => {
    const replica = new MachineRig().live(5);
    replica.pass(250);

    const first = replica.receive(delta(5, 6), { sizeBytes: 200 * 1024 });
    const second = replica.receive(delta(6, 7), { sizeBytes: 56 * 1024 });

    expect(sent(first)).toEqual([]);
    expect(sent(second)).toEqual([{ type: "ack", n: 4 }]);
  });

  test("[A4b] frames that are ignored count: the window is of what was taken, not of what was applied", () => {
    const replica = new MachineRig().live(5);
    replica.receive(delta(1, 2));
    replica.receive(null);
    replica.receive(delta(8, 9));
    replica.receive(delta(9, 10));

    expect(sent(replica.pass(250))).toEqual([{ type: "ack", n: 6 }]);
  });

  test("[A4b] each connection is counted from nothing", () => {
    const replica = new MachineRig().live(5);
    replica.closed();
    replica.pass(1_000);
    replica.open();
    replica.receive(full(6));

    expect(sent(replica.pass(250))).toEqual([{ type: "ack", n: 1 }]);
  });
});
