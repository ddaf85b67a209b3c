import { expect, test } from "vitest";
import { waitAfter } from "./backoff.ts";

const CUT = { isLate: false, retryAfterMs: 0 };
const LATE = { isLate: true, retryAfterMs: 0 };

test("agents that were cut off in one moment come back spread out, and within the time after which they would count as offline", () => {
  const soonest = [1, 5, 1_000].map((failures) => waitAfter(CUT, failures, 0));
  const latest = [1, 5, 1_000].map((failures) => waitAfter(CUT, failures, 1));

  expect(soonest).toEqual([250, 250, 250]);
  expect(latest).toEqual([750, 5_250, 5_250]);
});

test("a server that does not answer in time is asked less and less often", () => {
  expect([1, 2, 3, 1_000].map((failures) => waitAfter(LATE, failures, 1))).toEqual([3_000, 5_000, 9_000, 31_000]);
});

test("a crowd that was told to come back after the same time does not come back in one moment", () => {
  const sentAway = { isLate: false, retryAfterMs: 5_000 };

  expect([0, 0.5, 1].map((chance) => waitAfter(sentAway, 1, chance))).toEqual([5_250, 5_500, 5_750]);
});

test("a wait that is asked for is cut where no timer would take it", () => {
  const asked = [2_592_000_000, Number.POSITIVE_INFINITY, -5_000].map((retryAfterMs) => ({
    isLate: false,
    retryAfterMs,
  }));

  expect(asked.map((one) => waitAfter(one, 1, 0))).toEqual([600_250, 600_250, 250]);
});
