import { expect, test } from "vitest";
import { rangeOf } from "./asked-step.ts";
import { DEFAULT_METRICS_KEPT, levelsOf } from "./levels.ts";
import { readSeries } from "./series.ts";

const DAY_MS = 86_400_000;
const levels = levelsOf(DEFAULT_METRICS_KEPT);
const now = Date.parse("2030-01-01T12:00:00Z");

async function readsBetween(from: number, to: number): Promise<number> {
  const range = rangeOf({ from, to, step: DAY_MS }, levels, now);
  if (typeof range === "string") throw new Error(range);
  let reads = 0;
  const readPoints = async () => {
    reads += 1;
    return [];
  };
  await readSeries({ points: { readPoints }, levels, now, pause: async () => {} }, "web-1", range);
  return reads;
}

test("[B111] a range in the future costs no more reads of the store than one of the past", async () => {
  const past = await readsBetween(now - 4_990 * DAY_MS, now);
  const future = await readsBetween(now, now + 4_990 * DAY_MS);

  expect(past).toBeLessThan(1_100);
  expect(future).toBeLessThan(1_100);
});
