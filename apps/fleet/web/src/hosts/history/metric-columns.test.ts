import type { HostMetricsAnswer, Metrics } from "@neverstale/fleet-domain";
import { expect, test } from "vitest";
import { columnsOf, summaryOf } from "./metric-columns.ts";

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

test("the past stands in the middle of its steps, with its holes, and what came since goes on from there", () => {
  const { times, metrics } = columnsOf(
    PAST,
    [reading(12, 50), reading(31, 7), reading(36, 8)],
    ["cpu", "ram", "load1"],
  );

  expect(times.map((time) => time - START)).toEqual([5, 15, 25, 31, 36]);
  expect(metrics.get("cpu")).toEqual({
    min: [1, null, 4, 7, 8],
    mean: [2, null, 5, 7, 8],
    max: [3, null, 9, 7, 8],
  });
  expect([...metrics.keys()]).toEqual(["cpu"]);
});

test("a reading takes the place of the step that has only begun", () => {
  const { times } = columnsOf(PAST, [reading(26, 7)], ["cpu"]);

  expect(times.map((time) => time - START)).toEqual([5, 15, 25, 26]);
  expect(columnsOf(PAST, [], ["cpu"]).times).toHaveLength(3);
  expect(columnsOf({ ...PAST, metrics: {} }, [reading(40, 1)], ["cpu"]).times).toHaveLength(1);
});

test("a column is summed up by its lowest, mean and highest value, and one without values by nothing", () => {
  const { metrics } = columnsOf(PAST, [], ["cpu"]);
  const cpu = metrics.get("cpu");

  expect(cpu === undefined ? null : summaryOf(cpu)).toEqual({ lowest: 1, mean: 3.5, highest: 9 });
  expect(summaryOf({ min: [null], mean: [null], max: [null] })).toBeNull();
});
