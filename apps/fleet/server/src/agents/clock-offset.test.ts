import { MOST_CLOCK_OFFSET_MS } from "@neverstale/fleet-domain";
import { expect, test } from "vitest";
import { nextClockOffset } from "./clock-offset.ts";

const START = Date.UTC(2026, 0, 1);
const at = (ms: number) => ({ ms: START + ms, iso: new Date(START + ms).toISOString() });

test("a clock that is close to the server's is not noted, and one that is off is, in whole seconds", () => {
  expect(nextClockOffset(undefined, at(9_000).iso, at(0))).toBeUndefined();
  expect(nextClockOffset(undefined, at(-9_000).iso, at(0))).toBeUndefined();
  expect(nextClockOffset(undefined, at(42_345).iso, at(0))).toEqual({ ms: 42_000, measuredAt: at(0).iso });
  expect(nextClockOffset(undefined, at(0).iso, at(3_600_000))).toMatchObject({ ms: -3_600_000 });
});

test("what is noted stays while the clock goes on as it went, and is altered at most once a minute", () => {
  const noted = { ms: 100_000, measuredAt: at(0).iso };
  const later = at(60_000);

  expect(nextClockOffset(noted, at(60_000 + 109_000).iso, later)).toBeUndefined();
  expect(nextClockOffset(noted, at(60_000 + 120_000).iso, later)).toEqual({ ms: 120_000, measuredAt: later.iso });
  expect(nextClockOffset(noted, later.iso, later)).toBeNull();
  expect(nextClockOffset(noted, at(60_000 + 7_000).iso, later)).toMatchObject({ ms: 7_000 });
  expect(nextClockOffset(noted, at(59_000).iso, at(59_000))).toBeUndefined();
});

test("what a wrong clock of the server made of good ones is put right as soon as that clock is", () => {
  const noted = { ms: -31_536_000_000, measuredAt: at(31_536_000_000).iso };

  expect(nextClockOffset(noted, at(0).iso, at(0))).toBeNull();
  expect(nextClockOffset(noted, at(40_000).iso, at(0))).toEqual({ ms: 40_000, measuredAt: at(0).iso });
});

test("a time that is none is passed over, and one that is far away is bounded", () => {
  expect(nextClockOffset(undefined, "soon", at(0))).toBeUndefined();
  expect(nextClockOffset(undefined, "9999-12-31T00:00:00Z", at(0))?.ms).toBe(MOST_CLOCK_OFFSET_MS);
});
