import { request } from "@neverstale/client";
import { describe, expect, test } from "vitest";
import { hostAdded, hostRemoved, hostUpdated, type Simulation, simulate } from "./simulate.ts";
import type { Tab } from "./world/tab.ts";

function expectLevel(world: Simulation, ...tabs: readonly Tab[]): void {
  for (const tab of tabs) {
    expect(tab.status).toBe("live");
    expect(world.isLevel(tab)).toBe(true);
  }
}

/** A tab that is level on three hosts. */
async function withTab(options: Partial<Parameters<typeof simulate>[0]> = {}) {
  const world = simulate({ seed: 1, ...options });
  await world.run({ ms: 50 });
  await world.write(hostAdded("web-1", { cpu: 1 }), hostAdded("web-2", { cpu: 2 }), hostAdded("web-3", { cpu: 3 }));
  const tab = world.openTab();
  await world.run({ ms: 1_000 });
  expectLevel(world, tab);
  return { world, tab };
}

describe("a cut", () => {
  test("[E4] a tab cut off during three commits gets one diff over all three and then a sync", async () => {
    const { world, tab } = await withTab();

    world.cut(tab);
    for (const id of ["web-4", "web-5", "web-6"]) await world.write(hostAdded(id));
    const before = tab.arrived.length;
    world.mend(tab);
    await world.run({ ms: 12_000 });

    expectLevel(world, tab);
    expect(tab.arrived.slice(before)).toEqual(["sync", "delta", "sync"]);
    expect(tab.driver.state.hosts?.size).toBe(6);
  });

  test("[R3] records that did not change keep their identity through a full state", async () => {
    const { world, tab } = await withTab();
    const before = tab.driver.state.hosts?.get("web-1");

    await world.write(hostUpdated("web-2", { cpu: 77 }));
    tab.driver.refresh();
    await world.run({ ms: 1_000 });

    expect(tab.counters.resyncs.manual).toBe(1);
    expect(tab.driver.state.hosts?.get("web-1")).toBe(before);
    expectLevel(world, tab);
  });

  test("[A5] whoever was away for longer than tombstones reach back gets the full state, without what is gone", async () => {
    const { world, tab } = await withTab({ authority: { limits: { tombstones: 1 } } });

    world.cut(tab);
    await world.write(hostRemoved("web-1"), hostRemoved("web-2"));
    const before = tab.arrived.length;
    world.mend(tab);
    await world.run({ ms: 12_000 });

    expect(tab.arrived.slice(before)).toEqual(["init", "sync"]);
    expect([...(tab.driver.state.hosts?.keys() ?? [])]).toEqual(["web-3"]);
    expectLevel(world, tab);
  });
});

describe("silence", () => {
  test("[R5] a connection that has died without a word is given up after two beacons and five seconds", async () => {
    const { world, tab } = await withTab();
    await world.run({ ms: 30_000 });

    world.silence(tab);
    await world.run({ ms: 63_000 });
    const before = tab.counters.silentSockets;
    world.mend(tab);
    await world.run({ ms: 3_000 });

    expect(before).toBe(0);
    expect(tab.counters.silentSockets).toBe(1);
    expectLevel(world, tab);
  });

  test("[R7] it stops saying live one and a half beacons after it was last confirmed", async () => {
    const { world, tab } = await withTab();
    await world.run({ ms: 30_000 });

    world.silence(tab);
    const said: string[] = [];
    for (let waited = 0; waited < 50_000; waited += 5_000) {
      await world.run({ ms: 5_000 });
      said.push(tab.status);
    }

    expect(said.indexOf("stale: unconfirmed")).toBeGreaterThanOrEqual(8);
    expect(said.at(-1)).toBe("stale: unconfirmed");
  });

  test("[P2] a replica that is told of the wake-up is level within two seconds", async () => {
    const { world, tab } = await withTab();

    tab.environment.sleep(true);
    world.silence(tab);
    await world.write(hostAdded("web-4"));
    await world.run({ ms: 3_600_000 });
    world.mend(tab);
    tab.environment.wake();
    tab.environment.signal("awake");
    await world.run({ ms: 2_000 });

    expectLevel(world, tab);
  });

  test("[P2] one that is not told is level within two beacon intervals, five seconds and one backoff", async () => {
    const { world, tab } = await withTab();

    world.silence(tab);
    await world.write(hostAdded("web-4"));
    world.mend(tab);
    await world.run({ ms: 2 * 30_000 + 5_000 + 500 });

    expectLevel(world, tab);
  });

  test("[R8] frames of the old connection that arrive behind the new one's change nothing", async () => {
    const { world, tab } = await withTab({ network: { late: 1 } });
    await world.run({ ms: 30_000 });

    tab.network.hold("stuck", ["down"]);
    await world.write(hostAdded("web-4"));
    await world.run({ ms: 66_000 });
    const [old] = tab.network.connections;
    tab.network.release("stuck");
    await world.run({ ms: 5_000 });

    expect(old).not.toBe(tab.network.newest);
    expect(tab.counters).toMatchObject({ silentSockets: 1, gaps: 0, badFrames: 0 });
    expectLevel(world, tab);
  });
});

describe("an authority that is away", () => {
  test("[R6] attempts become rare, and begin anew once the replica was level", async () => {
    const { world, tab } = await withTab();

    world.world.authority.crash(false);
    await world.run({ ms: 600_000 });
    const { status } = tab.driver;
    const attempts = status.type === "connecting" ? status.attempt : 0;
    world.world.authority.start();
    await world.run({ ms: 31_000 });
    expectLevel(world, tab);
    world.world.authority.crash(false);
    await world.run({ ms: 10 });

    expect(attempts).toBeGreaterThan(20);
    expect(attempts).toBeLessThan(80);
    expect(tab.driver.status).toMatchObject({ type: "connecting", attempt: 1 });
  });

  test("[E1] after a plain restart everyone resumes by diff, in a new epoch", async () => {
    const { world, tab } = await withTab();
    const { epoch } = tab.driver;

    const before = tab.arrived.length;
    await world.restart();
    await world.run({ ms: 2_000 });

    expect(tab.driver.epoch).not.toBe(epoch);
    expect(tab.arrived.slice(before)).toEqual(["sync", "sync"]);
    expectLevel(world, tab);
  });

  test("[E3] after a restore nobody is resumed into the lost history, though its versions are given again", async () => {
    const { world, tab } = await withTab();
    const backup = world.world.disk.image();
    await world.write(hostAdded("lost", { cpu: 9 }));
    const lost = tab.driver.version;

    world.world.authority.restore(backup);
    world.world.authority.start();
    await world.run({ ms: 50 });
    await world.write(hostAdded("found"), hostAdded("found-2"));
    await world.run({ ms: 5_000 });

    expect(tab.driver.version).toBeGreaterThan(lost);
    expect([...(tab.driver.state.hosts?.keys() ?? [])].sort()).toEqual(["found", "found-2", "web-1", "web-2", "web-3"]);
    expectLevel(world, tab);
  });

  test("[E5] a replica that was ahead of a restored backup goes back only into another epoch", async () => {
    const { world, tab } = await withTab();
    const backup = world.world.disk.image();
    await world.write(hostAdded("lost"));
    const before = tab.driver.position;

    world.world.authority.restore(backup);
    world.world.authority.start();
    await world.run({ ms: 5_000 });

    expect(tab.driver.version).toBeLessThan(before?.version ?? 0);
    expect(tab.driver.epoch).not.toBe(before?.epoch);
    expectLevel(world, tab);
  });
});

describe("the disk", () => {
  for (const point of ["before", "written", "synced"] as const) {
    for (const power of [false, true]) {
      const how = power ? "power cut" : "kill -9";
      test(`[P3] a ${how} ${point === "before" ? "before" : `once it is ${point}`} leaves every acknowledged change, and nobody has seen more`, async () => {
        const { world, tab } = await withTab({ authority: { beaconMs: 2_000 } });
        const { authority, disk } = world.world;
        disk.faults.trap = { kind: "commit", point, spring: () => authority.crash(power) };

        const call = authority.manager?.apply(hostAdded("web-4"));
        let acknowledged = false;
        call?.then(() => {
          acknowledged = true;
        });
        await world.run({ ms: 500 });
        authority.start();
        await world.run({ ms: 2 * 2_000 + 5_000 + 500 });

        expect(acknowledged).toBe(false);
        expect(tab.driver.state.hosts?.has("web-4")).toBe(authority.manager?.state.hosts.has("web-4"));
        expectLevel(world, tab);
      });
    }
  }

  test("[A1] while a commit is on its way to a slow disk nobody is told of it", async () => {
    const { world, tab } = await withTab();
    world.world.disk.slowDown(60_000);

    world.world.authority.manager?.apply(hostAdded("web-4")).catch(() => {});
    await world.run({ ms: 1_000 });

    expect(tab.driver.version).toBe(3);
    expectLevel(world, tab);
  });
});

describe("what is wrong without anybody knowing", () => {
  test("[P5] a value altered on its way is found by the next beacon, healed, counted and reported by name", async () => {
    const { world, tab } = await withTab();
    const connection = tab.network.current;
    if (connection === null) throw new Error("there is no connection");

    connection.tamper = "alter";
    await world.write(hostUpdated("web-2", { cpu: 50 }));
    const wrong = tab.driver.state.hosts?.get("web-2")?.cpu;
    await world.run({ ms: 31_000 });

    expect(wrong).toBe("altered");
    expect(tab.driver.state.hosts?.get("web-2")?.cpu).toBe(50);
    expect(tab.divergences).toMatchObject([{ reason: "digest", records: [{ collection: "hosts", id: "web-2" }] }]);
    expectLevel(world, tab);
  });

  test("[R1] a delta that was swallowed is noticed by the next one", async () => {
    const { world, tab } = await withTab();
    const connection = tab.network.current;
    if (connection === null) throw new Error("there is no connection");

    connection.tamper = "swallow";
    await world.write(hostUpdated("web-2", { cpu: 50 }));
    await world.write(hostUpdated("web-2", { cpu: 51 }));
    await world.run({ ms: 1_000 });

    expect(tab.counters).toMatchObject({ gaps: 1, resyncs: { gap: 1 } });
    expectLevel(world, tab);
  });

  test("[R4] one that was swallowed with nothing behind it is noticed by the beacon", async () => {
    const { world, tab } = await withTab();
    const connection = tab.network.current;
    if (connection === null) throw new Error("there is no connection");

    connection.tamper = "swallow";
    await world.write(hostUpdated("web-2", { cpu: 50 }));
    await world.run({ ms: 31_000 });

    expect(tab.counters).toMatchObject({ gaps: 0, resyncs: { drift: 1 } });
    expectLevel(world, tab);
  });
});

describe("readers", () => {
  test("[P4] one that never reads holds up to a window and a frame, nobody else, and is closed", async () => {
    const { world, tab } = await withTab({
      authority: { scale: 5_000, beaconMs: 10_000, limits: { stuckMs: 20_000 } },
    });
    const sleeper = world.openTab();
    await world.run({ ms: 1_000 });

    sleeper.environment.sleep(true);
    for (let cpu = 0; cpu < 100; cpu += 1) await world.write(hostUpdated("web-1", { cpu }));
    const held = [...(world.world.authority.process?.hub?.cursors ?? [])].map(({ window }) => window.unackedBytes);
    await world.run({ ms: 25_000 });

    expect(Math.max(...held)).toBeGreaterThan(1024 * 1024);
    expect(Math.max(...held)).toBeLessThan(2 * 1024 * 1024);
    expect(world.world.authority.process?.hub?.metrics.tooSlow).toBe(1);
    expectLevel(world, tab);
    sleeper.environment.wake();
    await world.run({ ms: 5_000 });
    expectLevel(world, sleeper);
  });

  test("[R10] frames that have to be inflated are taken in in their order", async () => {
    const { world, tab } = await withTab({ authority: { zipFromChars: 1 } });
    for (let cpu = 0; cpu < 50; cpu += 1) {
      void world.world.authority.manager?.apply(hostUpdated("web-1", { cpu }));
      await world.run({ ms: 3 });
    }
    await world.run({ ms: 1_000 });

    expect(tab.counters.gaps).toBe(0);
    expect(tab.driver.state.hosts?.get("web-1")?.cpu).toBe(49);
    expectLevel(world, tab);
  });

  test("[R9] who loses the right to see is shown nothing, and another user nothing of the one before", async () => {
    const { world, tab } = await withTab();

    world.world.sessions.signOut(tab.name);
    world.world.authority.process?.revoke(tab.name);
    await world.run({ ms: 100 });
    const shown = tab.driver.state.hosts?.size;
    world.world.sessions.signIn(tab.name);
    tab.driver.start("another");
    const atFirst = tab.driver.state.hosts?.size;
    await world.run({ ms: 1_000 });

    expect(tab.driver.view.status.type).toBe("live");
    expect([shown, atFirst, tab.driver.state.hosts?.size]).toEqual([0, 0, 3]);
  });

  test("[M1] the seed's thirty lines end level through gap, restart and restore", async () => {
    const { world } = await withTab();
    const plain = world.openPlain();
    await world.run({ ms: 1_000 });
    const backup = world.world.disk.image();
    await world.write(hostAdded("lost"));

    world.world.authority.restore(backup);
    world.world.authority.start();
    await world.run({ ms: 100 });
    await world.write(hostAdded("web-4"));
    await world.run({ ms: 3_000 });

    expect(world.isLevel(plain)).toBe(true);
  });
});

describe("dispatch", () => {
  test("[D1] a request that arrives twice, and is repeated after a restart, starts one command", async () => {
    const { world, tab } = await withTab({ network: { jitterMs: 0 } });
    tab.network.http.double = 1;

    const dispatched = tab.dispatches.dispatch(["web-1"], 20_000);
    await world.run({ ms: 200 });
    await world.restart();
    await world.run({ ms: 15_000 });
    await dispatched;

    expect(world.world.authority.manager?.state.commands.size).toBe(1);
    expect(world.world.counters.get("replayed_key")).toBeGreaterThan(0);
  });

  test("[D2] what a restore takes away is told as history_lost, and the repeat with the same key brings it back", async () => {
    const { world, tab } = await withTab();
    const backup = world.world.disk.image();
    tab.network.current?.down.seal();
    const dispatched = tab.dispatches.dispatch(["web-1"], 20_000);
    await world.run({ ms: 100 });
    const before = world.world.authority.manager?.state.commands.size;

    world.world.authority.restore(backup);
    world.world.authority.start();
    tab.environment.signal("awake");
    await world.run({ ms: 20_000 });
    await dispatched;

    expect(before).toBe(1);
    expect(world.world.counters.get("reached_history_lost")).toBe(1);
    expect(world.world.counters.get("reached")).toBe(1);
    expect(tab.driver.state.commands?.size).toBe(1);
  });

  test("[D3] an answer that was lost is asked for again with the same key, and nothing is done twice", async () => {
    const { world, tab } = await withTab();

    tab.network.http.loss = 0.6;
    const dispatched = tab.dispatches.dispatch(["web-1"], 30_000);
    await world.run({ ms: 60_000 });
    await dispatched;

    const commands = world.world.authority.manager?.state.commands.size ?? 0;
    expect(commands).toBeLessThanOrEqual(1);
    expect(tab.dispatches.open).toBe(0);
  });

  test("[D4] it works without the WebSocket being open", async () => {
    const { world, tab } = await withTab();
    tab.driver.stop();

    void request(tab.driver.route("/api/dispatch"), { op: "restart", hosts: ["web-1"] });
    await world.run({ ms: 1_000 });

    expect(world.world.authority.manager?.state.commands.size).toBe(1);
  });
});

describe("a takeover in the running process", () => {
  test("[E7] costs each of five replicas one message for each of four takeovers, and no full state", async () => {
    const { world, tab } = await withTab();
    const tabs = [tab, ...Array.from({ length: 4 }, () => world.openTab())];
    await world.run({ ms: 1_000 });
    const before = tabs.map(({ arrived }) => arrived.length);
    const fullStates = { ...world.world.authority.process?.hub?.metrics.fullStates };

    for (let n = 0; n < 4; n += 1) await world.takeOver();

    expectLevel(world, ...tabs);
    expect(tabs.map(({ arrived }, n) => arrived.slice(before[n]))).toEqual(tabs.map(() => Array(4).fill("sync")));
    expect(world.world.authority.process?.hub?.metrics).toMatchObject({ steps: 20, fullStates });
  });

  test("[E7] finds a replica that lags where it is: the step comes first, then one diff into the new run", async () => {
    const { world, tab } = await withTab();
    tab.network.hold("stall", ["down"]);
    await world.write(hostAdded("web-4"));
    await world.takeOver();
    await world.write(hostAdded("web-5"));
    const before = tab.arrived.length;
    tab.network.release("stall");
    await world.run({ ms: 1_000 });

    expect(tab.arrived.slice(before)).toEqual(["delta", "sync", "delta"]);
    expectLevel(world, tab);
    expect(tab.counters.reconnects).toBe(0);
  });

  test("[E7] sends a replica of an earlier release away, which comes back at once and resumes by a diff", async () => {
    const { world } = await withTab();
    const old = world.openTab("main", { steps: false });
    await world.run({ ms: 1_000 });
    const before = old.arrived.length;

    await world.takeOver();
    await world.run({ ms: 1_000 });

    expectLevel(world, old);
    expect(old.counters.reconnects).toBe(1);
    expect(old.arrived.slice(before)).toEqual(["sync", "sync"]);
  });
});
