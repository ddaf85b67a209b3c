import { expect, test } from "vitest";
import { readClock, startClock } from "./clock.ts";

test("both clocks running, time passes as on the monotonic one", () => {
  const clock = startClock(100, 1_700_000_000_000);

  const reading = readClock(clock, 350.5, 1_700_000_000_251);

  expect(reading).toEqual({ clock, now: 350.5, jumped: false });
});

test("[R5] a machine that slept is noticed although its monotonic clock stood still, and the sleep counts", () => {
  const clock = startClock(100, 1_700_000_000_000);

  const woken = readClock(clock, 150, 1_700_000_600_050);
  const later = readClock(woken.clock, 250, 1_700_000_600_150);

  expect([woken.jumped, woken.now]).toEqual([true, 600_150]);
  expect([later.jumped, later.now]).toEqual([false, 600_250]);
});

test("[R5] a wall clock set back is a jump too, but time never goes back", () => {
  const clock = startClock(100, 1_700_000_000_000);

  const reading = readClock(clock, 200, 1_699_000_000_000);

  expect([reading.jumped, reading.now]).toEqual([true, 200]);
});

test("a wall clock that is set back and forth makes no time of its own beyond the jumps forward", () => {
  let clock = startClock(0, 0);
  ({ clock } = readClock(clock, 10, 3_600_010));
  ({ clock } = readClock(clock, 20, 20));

  const reading = readClock(clock, 30, 30);

  expect([reading.jumped, reading.now]).toEqual([false, 3_600_030]);
});
