import { describe, expect, test } from "vitest";
import { delta, full, hostPut, MachineRig, sent, types } from "./machine-rig-suite.ts";

describe("what is taken in", () => {
  test("[R1] a delta that begins at my version is applied and moves it", () => {
    const replica = new MachineRig().live(5);

    const effects = replica.receive(delta(5, 7, hostPut("web-1")));

    expect(types(effects)).toEqual(["apply"]);
    expect(replica.state.position?.version).toBe(7);
    expect(replica.hosts.get("web-1")).toEqual({ id: "web-1", cpu: 0 });
  });

  test("[R1] a delta at or below my version is ignored", () => {
    const replica = new MachineRig().live(5);

    const effects = [
      ...replica.receive(delta(3, 5, hostPut("web-1"))),
      ...replica.receive(delta(1, 4, hostPut("web-2"))),
    ];

    expect(effects).toEqual([]);
    expect(replica.state.position?.version).toBe(5);
    expect(replica.hosts.size).toBe(0);
  });

  test("[R1] a delta that begins beyond my version, or before it and ends beyond it, is a gap", () => {
    for (const [from, version] of [
      [6, 7],
      [4, 6],
    ] as const) {
      const replica = new MachineRig().live(5);

      const effects = replica.receive(delta(from, version, hostPut("web-1")));

      expect(sent(effects)).toEqual([
        { type: "ack", n: 3 },
        { type: "get_state", reason: "gap" },
      ]);
      expect(replica.state.counters.gaps).toBe(1);
      expect(replica.state.position?.version).toBe(5);
      expect(replica.hosts.size).toBe(0);
    }
  });

  test("[R3] a delta that alters a record I don't have is not applied by half: the state is not what it claims to be", () => {
    const replica = new MachineRig().live(5, { hosts: [{ id: "web-1", cpu: 1 }] });

    const effects = replica.receive(delta(5, 6, { hosts: { set: { "web-1": { cpu: 2 }, "web-9": { cpu: 2 } } } }));

    expect(sent(effects).at(-1)).toEqual({ type: "get_state", reason: "digest" });
    expect(replica.state.position?.version).toBe(5);
    expect(replica.hosts.get("web-1")).toEqual({ id: "web-1", cpu: 1 });
    expect(replica.state.counters.digestMismatches).toBe(1);
  });

  test("[R3] a full state, asked for or not, replaces state and position in one step", () => {
    const replica = new MachineRig().live(5, { hosts: [{ id: "web-1" }] });

    const effects = replica.receive(full(9, { type: "full_state", hosts: [{ id: "web-2" }] }));

    expect(types(effects)).toEqual(["replace"]);
    expect(replica.state.position).toEqual({ epoch: "e1", space: "c1", version: 9 });
    expect([...replica.hosts.keys()]).toEqual(["web-2"]);
  });

  test("[E5] a full state below my version is refused within the epoch and the space, and another one asked for", () => {
    const replica = new MachineRig().live(5, { hosts: [{ id: "web-1" }] });

    const effects = replica.receive(full(4, { type: "full_state" }));

    expect(sent(effects).at(-1)).toEqual({ type: "get_state", reason: "drift" });
    expect(replica.state.position?.version).toBe(5);
    expect(replica.state.counters.loweredStates).toBe(1);
    expect(replica.hosts.size).toBe(1);
  });

  test("[E5] one that answers my get_state but is below my version does not end the resync", () => {
    const replica = new MachineRig().live(5);
    replica.receive(delta(8, 9));

    const refused = replica.receive(full(4, { type: "full_state" }));
    const later = replica.pass(500);

    expect(refused).toEqual([]);
    expect(sent(later).at(-1)).toEqual({ type: "get_state", reason: "gap" });
    expect(replica.state.position?.version).toBe(5);
  });

  test.each([{ epoch: "e2" }, { space: "c2" }])(
    "[E5] in another history (%o) a lower version is no way back",
    (other) => {
      const replica = new MachineRig().live(5);

      replica.receive(full(2, other));

      expect(replica.state.position).toEqual({ epoch: "e1", space: "c1", ...other, version: 2 });
    },
  );

  test("a message of a type that this build doesn't know is taken in and ignored", () => {
    const replica = new MachineRig().live(5);

    const effects = replica.receive(null);

    expect(effects).toEqual([]);
    expect(sent(replica.pass(250))).toEqual([{ type: "ack", n: 3 }]);
  });

  test("a frame that is no message ends the connection: what it was can't be skipped", () => {
    const replica = new MachineRig().live(5);

    const effects = replica.input({ type: "bad_frame", socket: 1 });

    expect(effects).toEqual([{ type: "close_socket", socket: 1, code: 4400 }]);
    expect(replica.state.phase.type).toBe("waiting");
    expect(replica.state.counters.badFrames).toBe(1);
  });
});

describe("beacons", () => {
  test("[R4] a sync at another version is drift", () => {
    for (const version of [4, 6]) {
      const replica = new MachineRig().live(5);

      const effects = replica.sync({ version });

      expect(sent(effects).at(-1)).toEqual({ type: "get_state", reason: "drift" });
    }
  });

  test("[R4] another digest at my version is a divergence", () => {
    const replica = new MachineRig().live(5);

    const effects = replica.sync({ digest: "f".repeat(16) });

    expect(sent(effects).at(-1)).toEqual({ type: "get_state", reason: "digest" });
    expect(replica.state.counters).toMatchObject({ digestChecks: 2, digestMismatches: 1 });
  });

  test("[R4] a sync before the first state asks for one too", () => {
    const replica = new MachineRig().open();

    const effects = replica.sync({ version: 3 });

    expect(sent(effects).at(-1)).toEqual({ type: "get_state", reason: "drift" });
  });

  test("[R4] a sync with mine is agreement", () => {
    const replica = new MachineRig().live(5);
    replica.pass(30_000);

    const effects = replica.sync();

    expect(effects).toEqual([]);
    expect(replica.state.confirmedAt).toBe(replica.now);
  });

  test("[E4] level means: a sync with digest was taken in after the full state", () => {
    const replica = new MachineRig().open();
    replica.receive(full(5));

    const before = replica.status.type;
    replica.receive({ type: "sync", version: 5, head: 5 });
    const undigested = [replica.status.type, replica.state.confirmedAt];
    replica.sync();

    expect([before, ...undigested, replica.status.type]).toEqual(["catching_up", "catching_up", null, "live"]);
  });

  test("[E4] behind a newer head it is catching up, until a delta reaches that head", () => {
    const replica = new MachineRig().live(5);
    replica.pass(300);
    replica.receive({ type: "sync", version: 5, head: 8 });
    const lagging = replica.status.type;
    const learnt = replica.now;

    replica.pass(700);
    replica.receive(delta(5, 7));
    const still = replica.status.type;
    replica.receive(delta(7, 8));

    expect([lagging, still, replica.status.type]).toEqual(["catching_up", "catching_up", "live"]);
    expect(replica.state.confirmedAt).toBe(learnt);
  });
});

describe("resuming", () => {
  function cutAt(version: number): MachineRig {
    const replica = new MachineRig().live(version);
    replica.closed();
    replica.pass(1_000);
    return replica.open();
  }
  const resumed = (epoch: string, space = "c1") => ({ epoch, space, model: 1, beaconMs: 30_000, lineage: [] });

  test("[E4] a new socket asks to resume from where the replica is", () => {
    const replica = new MachineRig().live(5);
    replica.closed();

    const effects = replica.pass(1_000);

    const resume = { epoch: "e1", space: "c1", version: 5 };
    expect(effects).toEqual([{ type: "open_socket", socket: 2, resume, attempt: 1 }]);
  });

  test("[E4] the first sync, then the missed diff, then a sync with digest", () => {
    const replica = cutAt(5);

    replica.receive({ type: "sync", version: 5, head: 8, resumed: resumed("e1") });
    replica.receive(delta(5, 8, hostPut("web-1")));
    const before = replica.status.type;
    replica.sync();

    expect([before, replica.status.type]).toEqual(["catching_up", "live"]);
    expect(sent(replica.effects).filter(({ type }) => type === "get_state")).toEqual([]);
  });

  test("[R4] the first sync moves the replica to its epoch", () => {
    const replica = cutAt(5);

    replica.receive({ type: "sync", version: 5, head: 5, resumed: resumed("e2") });

    expect(replica.state.position).toEqual({ epoch: "e2", space: "c1", version: 5 });
  });

  test("[R4] only if its version is the replica's, and its space", () => {
    for (const sync of [
      { version: 4, resumed: resumed("e2") },
      { version: 6, resumed: resumed("e2") },
      { version: 5, resumed: resumed("e2", "c2") },
    ]) {
      const replica = cutAt(5);

      const effects = replica.receive({ type: "sync", head: 9, ...sync });

      expect(sent(effects).at(-1)?.type).toBe("get_state");
      expect(replica.state.position).toEqual({ epoch: "e1", space: "c1", version: 5 });
    }
  });

  test("[R4] a first sync that doesn't name its epoch, and a delta before any word, prove nothing", () => {
    for (const message of [{ type: "sync", version: 5, head: 5 } as const, delta(5, 6, hostPut("web-1"))]) {
      const replica = cutAt(5);

      const effects = replica.receive(message);

      expect(sent(effects).at(-1)).toEqual({ type: "get_state", reason: "epoch" });
      expect(replica.hosts.size).toBe(0);
    }
  });

  test("[E2] where the authority can't resume, its init is taken over", () => {
    const replica = cutAt(5);

    replica.receive(full(3, { epoch: "e2", hosts: [{ id: "web-7" }] }));

    expect(replica.state.position).toEqual({ epoch: "e2", space: "c1", version: 3 });
    expect([...replica.hosts.keys()]).toEqual(["web-7"]);
  });

  test("[P5] records known to be wrong are not resumed from", () => {
    const replica = new MachineRig().live(5);
    replica.sync({ digest: "f".repeat(16) });
    replica.closed();

    const effects = replica.pass(1_000);

    expect(effects).toEqual([{ type: "open_socket", socket: 2, resume: null, attempt: 1 }]);
  });

  test("[P5] once healed, they are again", () => {
    const replica = new MachineRig().live(5);
    replica.sync({ digest: "f".repeat(16) });
    replica.receive(full(5, { type: "full_state" }));
    replica.closed();

    expect(replica.pass(1_000)).toMatchObject([{ type: "open_socket", resume: { version: 5 } }]);
  });
});

describe("old sockets", () => {
  test("[R8] frames, openings and closings of another socket than the newest are ignored", () => {
    const replica = new MachineRig().live(5);
    replica.closed();
    replica.pass(1_000);
    replica.open();
    const before = replica.state;

    replica.receive(full(9), { socket: 1 });
    replica.input({ type: "opened", socket: 1 });
    replica.input({ type: "closed", socket: 1, code: 4401 });
    replica.input({ type: "bad_frame", socket: 1 });

    expect(replica.state).toBe(before);
  });

  test("[R8] while one is being opened, the opening of an earlier one is not taken for its own", () => {
    const replica = new MachineRig().live(5);
    replica.closed();
    replica.pass(1_000);

    replica.input({ type: "opened", socket: 1 });

    expect(replica.state.phase.type).toBe("connecting");
  });

  test("[R8] what the newest one still says after it was given up is ignored too", () => {
    const replica = new MachineRig().live(5);
    replica.input({ type: "stop" });
    const before = replica.state;

    replica.receive(full(9));
    replica.input({ type: "opened", socket: 1 });
    replica.closed(4401);

    expect(replica.state).toBe(before);
    expect(replica.effects.at(-1)).toEqual({ type: "close_socket", socket: 1, code: 1000 });
  });
});

describe("signing out", () => {
  test("[R9] 4401 clears what was shown and ends: signed out", () => {
    const replica = new MachineRig().live(5, { hosts: [{ id: "web-1" }] });

    const effects = replica.closed(4401);

    expect(types(effects)).toEqual(["clear"]);
    expect(replica.hosts.size).toBe(0);
    expect(replica.state.position).toBeNull();
    expect(replica.status).toEqual({ type: "signed_out" });
    expect(replica.pass(120_000)).toEqual([]);
  });

  test("[R9] signing out closes the socket and clears", () => {
    const replica = new MachineRig().live(5, { hosts: [{ id: "web-1" }] });

    const effects = replica.input({ type: "sign_out" });

    expect(types(effects)).toEqual(["close_socket", "clear"]);
    expect(replica.status).toEqual({ type: "signed_out" });
  });

  test("[R9] another user begins with nothing, the same one goes on", () => {
    const replica = new MachineRig({ user: "ada" }).live(5, { hosts: [{ id: "web-1" }] });

    const same = replica.input({ type: "start", user: "ada" });
    const other = replica.input({ type: "start", user: "bob" });

    expect(same).toEqual([]);
    expect(types(other)).toEqual(["close_socket", "clear", "open_socket"]);
    expect(other.at(-1)).toMatchObject({ resume: null });
    expect(replica.hosts.size).toBe(0);
  });

  test("[R9] who may no longer see it is not shown it: 4403 clears too, and never comes back", () => {
    const replica = new MachineRig().live(5, { hosts: [{ id: "web-1" }] });

    replica.closed(4403);

    expect(replica.hosts.size).toBe(0);
    expect(replica.status).toMatchObject({ type: "stale", why: "forbidden" });
    expect(replica.pass(120_000)).toEqual([]);
  });

  test("after 4404 and 4426 it says why, and does not come back", () => {
    for (const [code, why] of [
      [4404, "unknown_space"],
      [4426, "client_too_old"],
    ] as const) {
      const replica = new MachineRig().live(5);
      replica.closed(code);

      expect(replica.status).toMatchObject({ type: "stale", why });
      expect(replica.pass(120_000)).toEqual([]);
    }
  });

  test("start opens again after an end", () => {
    const replica = new MachineRig().live(5);
    replica.closed(4401);

    const effects = replica.input({ type: "start", user: null });

    expect(effects).toEqual([{ type: "open_socket", socket: 2, resume: null, attempt: 0 }]);
  });
});

test("the same arguments give the same step, and no argument is altered", () => {
  const replica = new MachineRig().live(5);
  const deepFrozen = structuredClone(replica.state);
  const input = {
    type: "received",
    socket: 1,
    message: delta(8, 9),
    sizeBytes: 10,
    fromParts: false,
    facts: { fits: true, digest: null },
  } as const;

  const once = new MachineRig();
  once.state = replica.state;
  const twice = new MachineRig();
  twice.state = replica.state;
  once.input(input);
  twice.input(input);

  expect(once.state).toEqual(twice.state);
  expect(once.effects).toEqual(twice.effects);
  expect(replica.state).toEqual(deepFrozen);
});
