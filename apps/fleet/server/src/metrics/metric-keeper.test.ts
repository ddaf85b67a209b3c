import { fleetModel, type HostMetricsAnswer, type HostReading } from "@neverstale/fleet-domain";
import { memoryDatabase, memoryStore, StateManager, type Store, StoreFailure } from "@neverstale/server";
import { afterEach, expect, test } from "vitest";
import { levelsOf, type MetricsKept } from "./levels.ts";
import { MetricKeeper } from "./metric-keeper.ts";
import { readSeries } from "./series.ts";

const START = Date.parse("2026-03-01T00:00:00.000Z");
const MINUTE_MS = 60_000;
const KEPT: MetricsKept = [10 * MINUTE_MS, 60 * MINUTE_MS, 24 * 60 * MINUTE_MS];
const ends: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

/** A keeper over a store, and the hosts that report to it. */
async function keeping(store: Store, wall = { ms: START }) {
  let steady = 0;
  const manager = await StateManager.open({ model: fleetModel(), store });
  ends.push(() => manager.close());
  const levels = levelsOf(KEPT);
  const clocks = { now: () => wall.ms, steadyNow: () => steady };
  const pause = async () => {};
  const keeper = new MetricKeeper({ manager, clocks, levels, pause });
  const stop = keeper.begin();
  const report = async (id: string, reading: HostReading) => {
    const data = { ...reading, id, lastSeenAt: new Date(wall.ms).toISOString() };
    await manager.apply({ type: "host_metrics", target: id, data });
  };
  return {
    manager,
    keeper,
    stop,
    report,
    async add(id: string): Promise<void> {
      const host = {
        id,
        hostname: id,
        os: "Linux",
        arch: "x64",
        agentVersion: "1",
        tags: [],
        online: true,
        checks: {},
      };
      const data = { ...host, ops: [], enrolledAt: new Date(START).toISOString() };
      await manager.apply({ type: "host_added", target: id, data });
    },
    /** Heartbeats come every five seconds, and rounds between them. None of them waits for a commit. */
    async pass(minutes: number, id: string, reading: HostReading): Promise<void> {
      for (const end = wall.ms + minutes * MINUTE_MS; wall.ms < end; wall.ms += 5_000) {
        keeper.take(id, wall.ms, reading);
        await keeper.round();
        steady += 5_000;
      }
    },
    read(id: string, from: number, to: number, step: number): Promise<HostMetricsAnswer["metrics"]> {
      const range = { from: START + from * MINUTE_MS, to: START + to * MINUTE_MS, step };
      return readSeries({ points: manager.points, levels, now: wall.ms, pause }, id, range);
    },
    times: (step: number, upTo = Number.MAX_SAFE_INTEGER) => manager.points.pointTimes({ step, upTo, limit: 1_000 }),
  };
}

test("what hosts reported is read by each step, and what nobody told is a hole", async () => {
  const wall = { ms: START };
  const fleet = await keeping(memoryStore(), wall);
  await fleet.add("web-1");

  await fleet.pass(3, "web-1", { cpu: 10, ram: 50 });
  wall.ms += 2 * MINUTE_MS;
  await fleet.report("web-1", { cpu: 30 });
  await fleet.pass(1, "web-1", { cpu: 30 });
  await fleet.keeper.round();

  expect(await fleet.read("web-1", 2, 6, 60_000)).toEqual({
    cpu: [[10, 10, 10], null, null, [30, 30, 30]],
    ram: [[50, 50, 50], null, null, null],
  });
  const tens = (await fleet.read("web-1", 0, 6, 10_000)).cpu;
  expect(tens).toHaveLength(36);
  expect(tens?.filter((spread) => spread !== null)).toHaveLength(24);
  expect(await fleet.read("web-2", 0, 6, 10_000)).toEqual({});
});

test("a point that is not complete yet is made of the finer ones for whoever asks, at whatever node", async () => {
  const store = memoryStore();
  const fleet = await keeping(store);
  await fleet.add("web-1");

  await fleet.pass(14, "web-1", { cpu: 10 });
  await fleet.pass(1, "web-1", { cpu: 40 });
  await fleet.keeper.round();

  expect(await fleet.times(600_000)).toEqual([START]);
  expect((await fleet.read("web-1", 0, 20, 600_000)).cpu).toEqual([
    [10, 10, 10],
    [10, 16, 40],
  ]);
  expect((await fleet.read("web-1", 0, 60, 3_600_000)).cpu).toEqual([[10, 12, 40]]);
});

test("[T7] one node writes, and every other one reads the same from the store that they share", async () => {
  const database = memoryDatabase();
  const writer = await keeping(memoryStore({ database }));
  const other = memoryStore({ database });
  await other.read();

  await writer.pass(2, "web-1", { cpu: 10 });
  await writer.keeper.round();

  const range = { from: START, to: START + 2 * MINUTE_MS, step: MINUTE_MS };
  const parts = { levels: levelsOf(KEPT), now: START + 2 * MINUTE_MS, pause: async () => {} };
  const [here, there] = [writer.manager.points, other].map((points) =>
    readSeries({ ...parts, points }, "web-1", range),
  );
  expect((await there)?.cpu).toEqual([
    [10, 10, 10],
    [10, 10, 10],
  ]);
  expect(await here).toEqual(await there);
});

test("a process that was killed leaves out one point of ten seconds at most; the next one goes on with the coarser ones", async () => {
  const store = memoryStore();
  const wall = { ms: START };
  const first = await keeping(store, wall);
  await first.add("web-1");
  await first.pass(5, "web-1", { cpu: 10 });
  await first.report("web-1", { cpu: 90 });
  first.stop();
  await first.manager.close(); // Nothing was flushed, as after a kill.

  wall.ms += 30_000;
  const second = await keeping(store, wall);
  await second.pass(6, "web-1", { cpu: 40 });
  await second.keeper.round();

  expect((await second.read("web-1", 0, 10, 600_000)).cpu).toEqual([[10, expect.closeTo(24.2, 0), 40]]);
  expect((await second.read("web-1", 4, 7, 60_000)).cpu).toEqual([
    [10, 10, 10],
    [40, 40, 40],
    [40, 40, 40],
  ]);
  const tens = (await second.read("web-1", 4, 7, 10_000)).cpu;
  expect(tens?.slice(6, 9)).toEqual([null, null, null]);
});

test("the end of a process writes what is open, and its successor adds to it", async () => {
  const store = memoryStore();
  const wall = { ms: START };
  const first = await keeping(store, wall);
  await first.add("web-1");
  await first.report("web-1", { cpu: 10 });
  await first.keeper.flush();
  first.stop();
  await first.manager.close();

  const second = await keeping(store, wall);
  await second.report("web-1", { cpu: 30 });
  wall.ms += 10_000;
  await second.keeper.round();

  expect((await second.read("web-1", 0, 1, 10_000)).cpu?.[0]).toEqual([10, 20, 30]);
});

test("[B110] so many of the newest times are kept of each level, and a clock that jumps takes no more than it wrote", async () => {
  const wall = { ms: START };
  const fleet = await keeping(memoryStore(), wall);
  await fleet.add("web-1");

  await fleet.pass(30, "web-1", { cpu: 10 });
  expect((await fleet.times(10_000)).length).toBeLessThanOrEqual(12);
  expect((await fleet.times(10_000)).length).toBeGreaterThanOrEqual(11);
  expect(await fleet.times(60_000)).toHaveLength(6);

  const before = wall.ms;
  wall.ms += 365 * 24 * 60 * MINUTE_MS;
  await fleet.pass(2, "web-1", { cpu: 20 });
  wall.ms = before;
  await fleet.pass(1, "web-1", { cpu: 30 });
  expect((await fleet.times(10_000, wall.ms)).length).toBeGreaterThanOrEqual(9);
  expect((await fleet.times(60_000, wall.ms)).length).toBeGreaterThanOrEqual(6);

  for (let n = 1; n <= 40; n += 1) {
    wall.ms = before + n * MINUTE_MS;
    fleet.keeper.take("web-1", before + n * 24 * 60 * MINUTE_MS, { cpu: 20 });
    fleet.keeper.take("web-1", wall.ms, { cpu: 30 });
    await fleet.pass(1, "web-1", { cpu: 30 });
  }
  expect((await fleet.times(10_000)).length).toBeLessThanOrEqual(2 * 12);
  expect((await fleet.read("web-1", 60, 70, 60_000)).cpu?.[0]).toEqual([30, 30, 30]);
});

test("a removed host's series go, also where nobody was there to see it removed", async () => {
  const store = memoryStore();
  const wall = { ms: START };
  const first = await keeping(store, wall);
  for (const id of ["web-1", "web-2", "web-3"]) await first.add(id);
  for (const id of ["web-1", "web-2", "web-3"]) await first.pass(2, id, { cpu: 10 });

  await first.report("web-1", { cpu: 10 });
  await first.manager.apply({ type: "host_removed", target: "web-1", data: {} });
  wall.ms += 10_000;
  await first.keeper.round();
  expect(await first.read("web-1", 0, 10, 10_000)).toEqual({});
  first.stop();
  await first.manager.apply({ type: "host_removed", target: "web-3", data: {} });
  await first.manager.close();

  const second = await keeping(store, wall);
  await second.keeper.round();
  expect(await second.read("web-3", 0, 10, 10_000)).toEqual({});
  expect((await second.read("web-2", 0, 10, 60_000)).cpu?.filter((spread) => spread !== null)).toHaveLength(2);
});

test("[B112] what a store refuses waits and is written later; beyond a bound the oldest lines are lost and counted", async () => {
  const store = memoryStore();
  const append = store.appendPoints.bind(store);
  const disk = { isFull: true };
  store.appendPoints = async (rows) => {
    if (disk.isFull) throw new StoreFailure("nothing_moved", "the disk is full");
    return append(rows);
  };
  const wall = { ms: START };
  const fleet = await keeping(store, wall);
  const ids = Array.from({ length: 5_001 }, (_, index) => `web-${index}`);

  for (let n = 0; n < 10; n += 1) {
    for (const id of ids) fleet.keeper.take(id, wall.ms, { cpu: 1 });
    wall.ms += 10_000;
    await expect(fleet.keeper.round()).rejects.toThrow("the disk is full");
  }
  disk.isFull = false;
  const { metricLinesLost = 0, metricLinesWaiting } = fleet.keeper.metrics;
  await fleet.keeper.round();

  expect(metricLinesWaiting).toBe(50_000);
  expect(metricLinesLost).toBeGreaterThan(0);
  expect(fleet.keeper.metrics.metricLinesWaiting).toBe(0);
  expect((await fleet.read("web-5000", 0, 2, 10_000)).cpu?.filter((spread) => spread !== null)).toHaveLength(9);
});
