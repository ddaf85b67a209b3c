import { expect, test } from "vitest";
import { MAX_READING_AGE_MS, readServerClock, serverTime } from "./server-clock.ts";

const at = (monotonicMs: number, wallMs = monotonicMs) => ({ monotonicMs, wallMs });
const reading = readServerClock("2026-01-01T00:00:00.000Z", at(1_000), at(1_300));
const ANSWERED = Date.parse("2026-01-01T00:00:00.300Z");

test("the server's time is taken as late as it can be: the answer may have been written when the question left", () => {
  expect(serverTime(reading, at(1_300))).toBe(ANSWERED);
  expect(serverTime(reading, at(2_300))).toBe(ANSWERED + 1_000);
});

test("a machine that slept, or whose clock was set back, doesn't believe that it is early", () => {
  expect(serverTime(reading, at(1_400, 31_300))).toBe(ANSWERED + 30_000);
  expect(serverTime(reading, at(31_300, -5_000_000))).toBe(ANSWERED + 30_000);
});

test("no answer, a nonsensical one or an old one: unknown", () => {
  expect(serverTime(null, at(0))).toBeNull();
  expect(readServerClock("soon", at(0), at(1))).toBeNull();
  expect(serverTime(reading, at(1_301 + MAX_READING_AGE_MS))).toBeNull();
});
