import { expect, test } from "vitest";
import { Collector } from "./collector.ts";
import { beginOf, DEFAULT_METRICS_KEPT, levelsOf, rowLength, timesKept } from "./levels.ts";
import { lineOfPoint, mergedPoints, pointOf, pointsOfRow } from "./metric-point.ts";

const LEVELS = levelsOf(DEFAULT_METRICS_KEPT);
/** A time at which a day begins. */
const START = Date.parse("2026-03-01T00:00:00.000Z");

function linesOf(collector: Collector): string[] {
  return collector
    .lines()
    .map(({ step, at, series, text }) => `${step / 1_000} ${(at - START) / 1_000} ${series}: ${text.trim()}`);
}

function complete(collector: Collector, now: number): void {
  for (const _ of collector.completeUntil(now));
}

test("ten seconds of heartbeats become one line with min, mean and max, and one number where they are the same", () => {
  const collector = new Collector(LEVELS);

  for (const [ms, cpu] of [
    [0, 10],
    [5_000, 40],
    [9_999, 10.04],
  ] as const)
    collector.take("web-1", START + 60_000 + ms, { cpu, ram: 50 });
  collector.take("web-2", START + 70_000, { load1: 0.123 });
  complete(collector, START + 70_000);

  expect(linesOf(collector)).toEqual(["10 60 web-1: 0 3 10,20,40 50"]);
  complete(collector, START + 80_000);
  expect(linesOf(collector)).toEqual(["10 60 web-2: 1 1 - - - 0.12"]);
  expect(linesOf(collector)).toEqual([]);
});

test("minutes are made of tens of seconds, and ten minutes of minutes, each weighted by its count", () => {
  const collector = new Collector(LEVELS);

  for (let s = 0; s < 1_200; s += 5) collector.take("web-1", START + s * 1_000, { cpu: s < 60 ? 100 : 10 });
  complete(collector, START + 1_200_000);

  const lines = linesOf(collector);
  expect(lines.filter((line) => line.startsWith("10 "))).toHaveLength(120);
  expect(lines.filter((line) => line.startsWith("60 "))).toHaveLength(20);
  expect(lines.filter((line) => line.startsWith("600 "))).toEqual([
    "600 0 web-1: 0 120 10,19,100",
    "600 0 web-1: 1 120 10",
  ]);
});

test("a clock that is set back or ahead loses nothing: parts of one while are merged when they are read", () => {
  const collector = new Collector(LEVELS);
  const take = (s: number, cpu: number) => collector.take("web-1", START + s * 1_000, { cpu });

  take(21, 10);
  take(3_600, 20); // It is set ahead by an hour,
  take(23, 40); // and back again.
  complete(collector, START + 30_000);

  const tens = collector.lines().filter(({ step }) => step === 10_000);
  const row = tens.filter(({ at }) => at === START).map(({ text }) => text);
  expect(pointsOfRow(row.join(""))).toEqual(new Map([[2, { count: 2, values: { cpu: [10, 25, 40] } }]]));
  expect(tens.filter(({ at }) => at === START + 3_600_000).map(({ text }) => text)).toEqual(["0 1 20\n"]);
});

test("what is open is completed as it is when the process ends, and a host that was removed leaves nothing", () => {
  const collector = new Collector(LEVELS);
  collector.take("web-1", START + 1_000, { cpu: 10 });
  collector.take("web-2", START + 1_000, { cpu: 10 });

  for (const _ of collector.completeFinest());
  collector.forget("web-2");

  expect(linesOf(collector)).toEqual(["10 0 web-1: 0 1 10"]);
  expect(collector.hosts).toBe(1);
});

test("a line says what it was made of; lines of a newer release and metrics that were not told are passed over", () => {
  const point = { count: 3, values: { cpu: [1, 2, 3.5], disk: [61, 61, 61] } } as const;

  const line = lineOfPoint(4, point);

  expect(line).toBe("4 3 1,2,3.5 - - - 61\n");
  expect(pointsOfRow(line)).toEqual(new Map([[4, point]]));
  expect(
    pointsOfRow("4 3 1,2,3.5 - - - 61 7 8,9,10 - 11 12 13 14 15 16 17 18 19 20 21\n").get(4)?.values,
  ).toMatchObject(point.values);
  expect(pointsOfRow("")).toEqual(new Map());
});

test("bytes a second are kept with three digits, and written as short as they can be", () => {
  const collector = new Collector(LEVELS);

  for (const netIn of [0, 1_234_567, 98_765_432]) collector.take("web-1", START, { netIn, netOut: 120 });
  complete(collector, START + 10_000);

  expect(linesOf(collector)).toEqual(["10 0 web-1: 0 3 - - - - - 0,3.33e7,9.88e7 120"]);
  expect(pointsOfRow("0 3 - - - - - 0,3.33e7,9.88e7 120\n").get(0)?.values.netIn).toEqual([0, 33_300_000, 98_800_000]);
});

test("a point that is given twice is the same point, and one metric's absence takes nothing from the others", () => {
  const point = pointOf({ cpu: 5, ram: 7 });

  expect(mergedPoints(point, point).values).toEqual(point.values);
  expect(mergedPoints(pointOf({ cpu: 5 }), pointOf({ ram: 7 })).values).toEqual(point.values);
});

test("rows of a level lie within one point of the next one, and as many of their times are kept as were asked for", () => {
  for (const [index, level] of LEVELS.entries()) {
    const next = LEVELS[index + 1];
    if (next !== undefined) expect(next.step % rowLength(level)).toBe(0);
  }
  expect(LEVELS.map(timesKept)).toEqual([61, 289, 721]);
  expect(beginOf(START + 599_999, 600_000)).toBe(START);
});

test("many hosts are completed some at a time, and what comes in between is not lost", () => {
  const collector = new Collector(LEVELS);
  const hosts = Array.from({ length: 1_000 }, (_, index) => `host-${index}`);
  for (const host of hosts) collector.take(host, START, { cpu: 10 });

  let turns = 0;
  for (const _ of collector.completeUntil(START + 10_000)) {
    turns += 1;
    collector.take("host-0", START + 10_000, { cpu: 20 });
  }
  complete(collector, START + 20_000);

  expect(turns).toBe(4);
  expect(collector.lines()).toHaveLength(1_001);
});
