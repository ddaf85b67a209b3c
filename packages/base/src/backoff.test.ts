import { expect, test } from "vitest";
import { type Backoff, backoffMs } from "./backoff.ts";

const BACKOFF: Backoff = { firstMs: 500, longestMs: 30_000 };

test("[R6] the longest wait doubles with each failure, up to its bound", () => {
  const longest = [1, 2, 3, 7, 8, 1_000_000].map((failures) => backoffMs(BACKOFF, failures, 1));

  expect(longest).toEqual([500, 1_000, 2_000, 30_000, 30_000, 30_000]);
});

test("[R6] the wait is drawn from the whole span, and above the floor where there is one", () => {
  expect(backoffMs(BACKOFF, 3, 0)).toBe(0);
  expect(backoffMs(BACKOFF, 3, 0.5)).toBe(1_000);
  expect(backoffMs({ ...BACKOFF, floorMs: 250 }, 3, 0.5)).toBe(1_250);
});
