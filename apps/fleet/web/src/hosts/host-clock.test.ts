import { expect, test } from "vitest";
import { clockDoubt } from "./host-clock.ts";

test("a clock that is off is told of by how much, and one of which only that is known by that", () => {
  const measuredAt = "2026-01-01T00:00:00.000Z";
  expect(clockDoubt({})).toBeNull();
  expect(clockDoubt({ clockOffset: { ms: 300_000, measuredAt }, clockSkewed: true })).toBe("clock 5 min ahead");
  expect(clockDoubt({ clockOffset: { ms: -42_000, measuredAt } })).toBe("clock 42 s behind");
  expect(clockDoubt({ clockSkewed: true })).toBe("clock wrong");
});
