import { expect, test } from "vitest";
import { rangeOf } from "./asked-step.ts";
import { DEFAULT_METRICS_KEPT, levelsOf } from "./levels.ts";

const LEVELS = levelsOf(DEFAULT_METRICS_KEPT);
const NOW = Date.parse("2026-03-31T00:00:00.000Z");
const HOUR_MS = 3_600_000;

function stepFor(backMs: number, lengthMs: number): number | null {
  const range = rangeOf({ from: NOW - backMs, to: NOW - backMs + lengthMs, step: null }, LEVELS, NOW);
  return typeof range === "string" ? null : range.step / 1_000;
}

test("without a step points are as close as fits, and as is kept", () => {
  expect([HOUR_MS, 6 * HOUR_MS, 24 * HOUR_MS, 30 * 24 * HOUR_MS].map((ms) => stepFor(ms, ms))).toEqual([
    10, 60, 600, 3_600,
  ]);
  expect(stepFor(2 * HOUR_MS, HOUR_MS)).toBe(60);
  expect(stepFor(48 * HOUR_MS, HOUR_MS)).toBe(600);
  expect(stepFor(1_000 * 24 * HOUR_MS, HOUR_MS)).toBe(600);
});

test("whole points are meant: a range is widened to them", () => {
  const from = Date.parse("2026-03-30T23:10:05.000Z");

  expect(rangeOf({ from, to: from + 1, step: 600_000 }, LEVELS, NOW)).toEqual({
    from: Date.parse("2026-03-30T23:10:00.000Z"),
    to: Date.parse("2026-03-30T23:20:00.000Z"),
    step: 600_000,
  });
});

test("[B111] an answer has so many points at most: more are refused, whoever wants them", () => {
  const ask = (points: number, step: number | null) =>
    rangeOf({ from: NOW - points * 10_000, to: NOW, step }, LEVELS, NOW);

  expect(ask(5_000, 10_000)).toMatchObject({ step: 10_000 });
  expect(ask(5_001, 10_000)).toContain("more than 5000 points");
  expect(rangeOf({ from: 0, to: NOW, step: null }, LEVELS, NOW)).toContain("more than 1000 points");
});

test("a range that ends before it begins is none", () => {
  expect(rangeOf({ from: NOW, to: NOW, step: null }, LEVELS, NOW)).toBe("`from` is not before `to`");
});
