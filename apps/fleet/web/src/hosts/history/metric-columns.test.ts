import type { HostMetricsAnswer, Metrics } from "@neverstale/fleet-domain";
import { expect, test } from "vitest";
import { columnsOf, summed } from "./metric-columns.ts";

const PAST: HostMetricsAnswer = {
  host: "web-1",
  from: "2026-01-01T00:00:00.000Z",
  to: "2026-01-01T00:00:30.000Z",
  step: 10,
  metrics: { cpu: [[1, 2, 3], null, [4, 5, 9]], load1: [null, null, null] },
};
const START = Date.parse(PAST.from) / 1_000;

function reading(second: number, cpu: number): Metrics {
  return { id: "web-1", lastSeenAt: new Date((START + second) * 1_000).toISOString(), cpu };
}

const ASKED = { answer: PAST, askedMs: Date.parse(PAST.from) + 22_000 };

test("the past stands in the middle of its steps, the newest one where it ended, and what came since goes on from there", () => {
  const readings = [reading(12, 50), reading(22, 60), reading(31, 7), reading(36, 8)];
  const { times, metrics } = columnsOf(ASKED, readings, ["cpu", "ram", "load1"]);

  expect(times.map((time) => time - START)).toEqual([5, 15, 22, 31, 36]);
  expect(metrics.get("cpu")).toEqual({
    min: [1, null, 4, 7, 8],
    mean: [2, null, 5, 7, 8],
    max: [3, null, 9, 7, 8],
  });
  expect([...metrics.keys()]).toEqual(["cpu"]);
});

test("a host without a past has its readings, and one without readings its past", () => {
  const none = { ...ASKED, answer: { ...PAST, metrics: {} } };

  expect(columnsOf(none, [reading(40, 1)], ["cpu"]).times).toHaveLength(1);
  expect(columnsOf(none, [reading(21, 1)], ["cpu"]).times.map((time) => time - START)).toEqual([21]);
  expect(columnsOf(none, [], ["cpu"])).toEqual({ times: [], metrics: new Map() });
  expect(columnsOf(ASKED, [], ["cpu"]).times).toHaveLength(3);
});

test("a column is summed up by its lowest, mean and highest value, and one without values by nothing", () => {
  const { metrics } = columnsOf(ASKED, [], ["cpu"]);
  const cpu = metrics.get("cpu");

  expect(cpu === undefined ? null : summed(cpu)).toEqual({ lowest: 1, mean: 3.5, highest: 9 });
  expect(summed({ min: [null], mean: [null], max: [null] })).toBeNull();
});
