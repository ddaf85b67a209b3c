import { describe, expect, test } from "vitest";
import { delta, full, hostPut, MachineRig, sent, types } from "./machine-rig-suite.ts";

/** Asks at once and is answered at once, `times` times in a row, for gaps. */
function gapsHealed(replica: MachineRig, times: number): void {
  for (let time = 0; time < times; time++) {
    const version = replica.state.position?.version ?? 0;
    replica.receive(delta(version + 1, version + 2));
    replica.receive(full(version + 2, { type: "full_state" }));
    replica.sync();
    replica.now += 1_000;
  }
}

function getStates(replica: MachineRig): number {
  return sent(replica.effects).filter(({ type }) => type === "get_state").length;
}

describe("asking for a full state", () => {
  test("[R2] an ack goes out directly before each get_state", () => {
    const replica = new MachineRig().live(5);
    replica.receive(delta(5, 6));

    const effects = replica.receive(delta(8, 9));

    expect(sent(effects)).toEqual([
      { type: "ack", n: 4 },
      { type: "get_state", reason: "gap" },
    ]);
  });

  test("[R2] at most one is out, and until the answer deltas are ignored", () => {
    const replica = new MachineRig().live(5);
    replica.receive(delta(8, 9));

    replica.receive(delta(10, 11));
    replica.receive(delta(5, 6, hostPut("web-1")));
    replica.sync({ version: 11 });
    replica.input({ type: "refresh" });

    expect(getStates(replica)).toBe(1);
    expect(replica.hosts.size).toBe(0);
    expect(replica.state.position?.version).toBe(5);
  });

  test("[R2] an unsolicited full state answers it", () => {
    const replica = new MachineRig().live(5);
    replica.receive(delta(8, 9));

    replica.receive(full(9, { type: "full_state" }));
    replica.receive(delta(9, 10, hostPut("web-1")));

    expect(replica.state.position?.version).toBe(10);
    expect(replica.hosts.size).toBe(1);
  });

  test("[R2] each attempt that brings nothing makes the next one wait longer, with jitter", () => {
    const replica = new MachineRig().live(5);
    replica.receive(delta(8, 9));
    const waits: number[] = [];

    for (const chance of [0.5, 0.5, 0.5, 0.25]) {
      replica.chance = chance;
      replica.receive({ type: "error", code: "snapshot_failed", message: "", hint: "" });
      const failed = replica.now;
      while (sent(replica.pass(50)).every(({ type }) => type !== "get_state"));
      waits.push(replica.now - failed);
    }

    expect(waits).toEqual([250, 500, 1_000, 1_000]);
  });

  test("[R2] it has a timeout of ten seconds", () => {
    const replica = new MachineRig().live(5);
    replica.receive(delta(8, 9));

    const before = replica.pass(9_999);
    replica.chance = 0.5;
    const after = replica.pass(1 + 250);

    expect(sent(before)).toEqual([]);
    expect(sent(after).map(({ type }) => type)).toEqual(["ack", "get_state"]);
  });

  test("[A9] when the authority can't build one, it is asked for again, not before it said", () => {
    const replica = new MachineRig().live(5);
    replica.receive(delta(8, 9));

    replica.receive({ type: "error", code: "snapshot_failed", message: "disk", hint: "wait", retryAfterMs: 3_000 });
    const early = sent(replica.pass(2_999)).filter(({ type }) => type === "get_state");
    const due = sent(replica.pass(1)).filter(({ type }) => type === "get_state");

    expect([early.length, due.length]).toEqual([0, 1]);
    expect(replica.state.error).toMatchObject({ code: "snapshot_failed", hint: "wait" });
  });

  test("a refresh by hand is a resync for the reason `manual`, and shows the old state meanwhile", () => {
    const replica = new MachineRig().live(5, { hosts: [{ id: "web-1" }] });

    const effects = replica.input({ type: "refresh" });

    expect(sent(effects).at(-1)).toEqual({ type: "get_state", reason: "manual" });
    expect(replica.hosts.size).toBe(1);
  });

  test("a refresh without a connection tries for one at once", () => {
    const replica = new MachineRig().live(5);
    replica.closed();

    expect(types(replica.input({ type: "refresh" }))).toEqual(["open_socket"]);
  });

  test("[R6] refreshes by hand beyond five a minute change nothing", () => {
    const replica = new MachineRig().live(5);
    for (let time = 0; time < 5; time++) {
      replica.input({ type: "refresh" });
      replica.receive(full(5, { type: "full_state" }));
      replica.sync();
    }

    const effects = replica.input({ type: "refresh" });

    expect(effects).toEqual([]);
    expect(replica.status).toEqual({ type: "live" });
  });
});

describe("resyncs that don't help", () => {
  test("[R6] the fifth for one reason within a minute says stale, and then there is one a minute", () => {
    const replica = new MachineRig().live(5);
    gapsHealed(replica, 4);
    expect(replica.status).toEqual({ type: "live" });

    replica.receive(delta(900, 901));
    const fifth = replica.status;
    replica.receive(full(901, { type: "full_state" }));
    replica.sync();
    replica.receive(delta(950, 951));
    const before = getStates(replica);

    expect(fifth).toMatchObject({ type: "stale", why: "resyncing_in_vain" });
    expect(replica.status).toMatchObject({ type: "stale", why: "resyncing_in_vain" });
    replica.pass(59_000);
    expect(getStates(replica)).toBe(before);
    replica.pass(1_000);
    expect(getStates(replica)).toBe(before + 1);
  });

  test("[R6] once limited, it stays at one a minute while the trouble lasts, and ends with it", () => {
    const replica = new MachineRig().live(5);
    gapsHealed(replica, 5);
    const minutes: number[] = [];
    for (let minute = 0; minute < 5; minute++) {
      const before = getStates(replica);
      replica.receive(delta(900 + 10 * minute, 901 + 10 * minute));
      replica.pass(30_000);
      replica.sync();
      replica.pass(30_000);
      replica.receive(full(902 + 10 * minute, { type: "full_state" }));
      replica.sync();
      minutes.push(getStates(replica) - before);
    }
    expect(minutes).toEqual([1, 1, 1, 1, 1]);

    for (let beacon = 0; beacon < 5; beacon++) {
      replica.pass(30_000);
      replica.sync();
    }
    const before = getStates(replica);
    gapsHealed(replica, 3);

    expect(getStates(replica)).toBe(before + 3);
    expect(replica.status).toEqual({ type: "live" });
  });

  test("[R6] other reasons have a limit of their own", () => {
    const replica = new MachineRig().live(5);
    gapsHealed(replica, 5);

    const effects = replica.sync({ digest: "f".repeat(16) });

    expect(sent(effects).at(-1)).toEqual({ type: "get_state", reason: "digest" });
  });

  test("[R6] while it waits, a full state that comes by itself is taken", () => {
    const replica = new MachineRig().live(5);
    gapsHealed(replica, 5);
    replica.receive(delta(900, 901));

    replica.receive(full(901, { type: "full_state" }));
    replica.sync();

    expect(replica.status).toEqual({ type: "live" });
  });
});

test("resyncs are counted by reason", () => {
  const replica = new MachineRig().live(5);

  gapsHealed(replica, 2);
  replica.sync({ version: 99 });

  expect(replica.state.counters.resyncs).toEqual({ gap: 2, drift: 1, digest: 0, epoch: 0, manual: 0 });
});
