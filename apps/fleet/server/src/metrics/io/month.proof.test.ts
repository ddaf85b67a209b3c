import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fleetModel, type HostReading, METRIC_NAMES, type MetricName } from "@neverstale/fleet-domain";
import { StateManager } from "@neverstale/server";
import { sqliteStore } from "@neverstale/store-sqlite";
import { expect, onTestFinished, test } from "vitest";
import { beginOf, DEFAULT_METRICS_KEPT, levelsOf, rowLength } from "../levels.ts";
import { MetricKeeper } from "../metric-keeper.ts";
import { lineOfPoint, mergedPoints, pointOf, roundedPoint } from "../metric-point.ts";
import { readSeries } from "../series.ts";
import { pause } from "./metric-rounds.ts";

const HOSTS = Array.from({ length: 1_000 }, (_, index) => `host-${String(index).padStart(4, "0")}-1f3c9a7e`);
/** These have been there for a month. A quarter is enough to tell what all of them would take. */
const OLD_HOSTS = HOSTS.filter((_, index) => index % 4 === 0);
const LEVELS = levelsOf(DEFAULT_METRICS_KEPT);
const NOW = Date.parse("2026-03-31T00:00:00.000Z");
const MINUTE_MS = 60_000;

test("all that is kept of hosts: disk, what a thousand of them cost, and how long a month takes to read", async () => {
  const directory = mkdtempSync(join(tmpdir(), "neverstale-month-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const file = join(directory, "fleet.db");
  const manager = await StateManager.open({ model: fleetModel(), store: sqliteStore(file) });
  onTestFinished(() => manager.close());
  await fill(manager.points);
  const bytes = statSync(file).size + statSync(`${file}-wal`).size;

  const month = await timed(() => read(manager, 30 * 24 * 60, 3_600_000));
  const all = await timed(() => read(manager, 30 * 24 * 60, 600_000));
  const hour = await timed(() => read(manager, 60, 10_000));
  const batch = await tenMinutes(manager);

  process.stdout.write(
    `${[
      `${(bytes / 1e6).toFixed(0)} MB on disk for ${OLD_HOSTS.length} hosts`,
      `processor: 30 days by the hour ${month.cpuMs.toFixed(0)} ms, by ten minutes ${all.cpuMs.toFixed(0)} ms`,
      `an hour by 10 s ${hour.cpuMs.toFixed(0)} ms; the first of them took ${month.ms.toFixed(0)} ms in all`,
      `ten minutes of heartbeats of ${HOSTS.length} hosts: ${batch.cpuMs.toFixed(0)} ms of processor, longest round ${batch.longest.toFixed(0)} ms`,
    ].join("\n")}\n`,
  );
  expect(month.value.cpu).toHaveLength(720);
  expect(all.value.cpu?.filter((spread) => spread === null)).toEqual([]);
  expect(hour.value.cpu).toHaveLength(360);
  expect(bytes).toBeLessThan(400e6);
});

type Opened = Pick<StateManager<ReturnType<typeof fleetModel>>, "follow" | "points" | "state" | "transact">;

function hostCalled(id: string) {
  const facts = { id, hostname: id, os: "Linux", arch: "x64", agentVersion: "1", tags: [], online: true };
  return { ...facts, checks: {}, ops: [], enrolledAt: new Date(NOW).toISOString() };
}

/** It fills every level as it is after a month. */
async function fill(points: Opened["points"]): Promise<void> {
  for (const level of LEVELS)
    for (let at = NOW - level.keepMs; at < NOW; at += level.step) {
      const row = beginOf(at, rowLength(level));
      const offset = (at - row) / level.step;
      await points.appendPoints(
        OLD_HOSTS.map((series) => {
          const point = roundedPoint(
            mergedPoints(pointOf(madeUp()), mergedPoints(pointOf(madeUp()), pointOf(madeUp()))),
          );
          return { step: level.step, at: row, series, text: lineOfPoint(offset, point) };
        }),
      );
    }
}

/** Figures that move all the time take the most room. */
function madeUp(): HostReading {
  const most = (name: MetricName) => (name.startsWith("net") || name.startsWith("disk") ? 2e7 : 90);
  const moving = METRIC_NAMES.filter((name) => name !== "memoryOfAllowed" && name !== "swap" && name !== "disk");
  const figures = moving.map((name) => [name, Math.random() * most(name)] as const);
  return { ...Object.fromEntries(figures), swap: 0, disk: 61.3 };
}

function read(manager: Opened, minutes: number, step: number) {
  const range = { from: NOW - minutes * MINUTE_MS, to: NOW, step };
  return readSeries({ points: manager.points, levels: LEVELS, now: NOW, pause }, OLD_HOSTS[125] ?? "", range);
}

/** Each host tells of itself every five seconds, and a round comes every two. */
async function tenMinutes(manager: Opened): Promise<{ readonly cpuMs: number; readonly longest: number }> {
  let now = NOW;
  const clocks = { now: () => now, steadyNow: () => now };
  const keeper = new MetricKeeper({ manager, clocks, levels: LEVELS, pause });
  await manager.transact(() => HOSTS.map((id) => ({ type: "host_added" as const, target: id, data: hostCalled(id) })));
  await keeper.round();
  const before = process.cpuUsage();
  let longest = 0;
  for (const end = NOW + 10 * MINUTE_MS + 2_000; now < end; now += 1_000) {
    if (now % 5_000 === 0) for (const host of HOSTS) keeper.take(host, now, madeUp());
    if (now % 2_000 === 0) longest = Math.max(longest, (await timed(() => keeper.round())).ms);
  }
  const { user, system } = process.cpuUsage(before);
  return { cpuMs: (user + system) / 1_000, longest };
}

async function timed<Value>(work: () => Promise<Value>): Promise<Timed<Value>> {
  const before = process.cpuUsage();
  const started = performance.now();
  const value = await work();
  const { user, system } = process.cpuUsage(before);
  return { ms: performance.now() - started, cpuMs: (user + system) / 1_000, value };
}

interface Timed<Value> {
  readonly ms: number;
  readonly cpuMs: number;
  readonly value: Value;
}
