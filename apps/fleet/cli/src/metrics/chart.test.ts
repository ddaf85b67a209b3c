import { expect, test } from "vitest";
import { chartLines } from "./chart.ts";

const ANSWER = { host: "h1", from: "2026-03-01T12:00:00.000Z", to: "2026-03-01T12:01:00.000Z", step: 10 };

test("a metric is a line of bars with its figures, and a hole is a hole", () => {
  const metrics = {
    cpu: [[0, 0, 0], [10, 20, 30], null, [90, 95, 100], null, [50, 50, 50]] as const,
    load1: [
      [0, 0, 0],
      [1, 1, 1],
      [2, 2, 2],
      [2, 2, 2],
      [1, 1, 1],
      [0, 0, 0],
    ] as const,
  };

  expect(chartLines({ ...ANSWER, metrics }, "web-1", 60)).toEqual([
    "web-1  2026-03-01T12:00:00.000Z to 2026-03-01T12:01:00.000Z, one point each 10 s",
    "cpu             |▁▃ █ ▅|  min 0 %  mean 41.25 %  max 100 %",
    "load1           |▁▅██▅▁|  min 0  mean 1  max 2",
  ]);
});

test("bytes a second have a unit that fits", () => {
  const [, line = ""] = chartLines({ ...ANSWER, metrics: { netIn: [[0, 1_500, 2_340_000]] } }, "web-1", 10);

  expect(line).toContain("min 0 B/s  mean 1.5 kB/s  max 2.34 MB/s");
});

test("a line is no longer than the terminal: a bar is the greatest of its points", () => {
  const cpu = Array.from({ length: 100 }, (_, index) => (index === 50 ? ([0, 1, 100] as const) : ([0, 0, 0] as const)));

  const [, line = ""] = chartLines({ ...ANSWER, metrics: { cpu } }, "web-1", 10);

  expect(line).toContain("|▁▁▁▁▁█▁▁▁▁|");
});

test("where nothing was told, it says so", () => {
  expect(chartLines({ ...ANSWER, step: 3_600, metrics: {} }, "web-1", 10)).toEqual([
    expect.stringContaining("one point each 1 h"),
    "nothing was told in this time",
  ]);
});
