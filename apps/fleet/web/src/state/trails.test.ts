import type { Metrics } from "@neverstale/fleet-domain";
import { expect, test } from "vitest";
import { GAP_MS, TRAIL_MS, Trails, trailPath } from "./trails.ts";

const START = Date.UTC(2026, 0, 1);
const at = (ms: number, cpu: number | undefined, id = "web-1"): Metrics => ({
  id,
  lastSeenAt: new Date(START + ms).toISOString(),
  ...(cpu === undefined ? {} : { cpu }),
});
const cpus = (trails: Trails, id = "web-1") => trails.of(id).map((reading) => reading.cpu);

test("a reading is remembered once, and the list stays the same until the next one", () => {
  const trails = new Trails();
  const first = at(0, 10);
  trails.record(first);
  const list = trails.of("web-1");
  trails.record(first);

  expect(trails.of("web-1")).toBe(list);
  trails.record(at(1_000, 20));
  expect(cpus(trails)).toEqual([10, 20]);
});

test("a copy stays as it was", () => {
  const trails = new Trails();
  trails.record(at(0, 10));
  const copied = trails.copy();
  trails.record(at(1_000, 20));

  expect([cpus(trails), cpus(copied)]).toEqual([[10, 20], [10]]);
});

test("what is older than the window is forgotten, hosts that are gone too", () => {
  const trails = new Trails();
  const all = (...readings: readonly Metrics[]) => new Map(readings.map((each) => [each.id, each]));
  trails.recordAll(all(at(0, 10), at(0, 50, "web-2")));
  trails.recordAll(all(at(TRAIL_MS + 1, 20)));

  expect(cpus(trails)).toEqual([20]);
  expect(cpus(trails, "web-2")).toEqual([]);
});

test("time that goes back takes the later readings with it", () => {
  const trails = new Trails();
  for (const metrics of [at(0, 1), at(5_000, 2), at(2_000, 3)]) trails.record(metrics);
  expect(cpus(trails)).toEqual([1, 3]);
});

test("the line breaks where nothing is known", () => {
  const trails = new Trails();
  for (const metrics of [at(0, 0), at(5_000, 50), at(10_000, undefined), at(15_000, 100), at(15_000 + GAP_MS + 1, 0)])
    trails.record(metrics);

  const path = trailPath(trails.of("web-1"), (reading) => reading.cpu, 100);

  expect(path.match(/[ML]/g)).toEqual(["M", "L", "M", "M"]);
  expect(path.endsWith("M100.0 100.0")).toBe(true);
});

test("of a large fleet only the hosts that were looked at last are remembered", () => {
  const trails = new Trails();
  const many = Array.from({ length: 1_001 }, (_, number) => at(0, 10, `web-${number}`));

  trails.recordAll(new Map(many.map((each) => [each.id, each])));
  const unseen = cpus(trails, "web-0");
  for (const each of many) trails.record(each);

  expect([unseen, cpus(trails, "web-0"), cpus(trails, "web-1000")]).toEqual([[], [], [10]]);
});
