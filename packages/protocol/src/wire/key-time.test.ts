import { expect, test } from "vitest";
import { keyWithTime, timeOfKey } from "./key-time.ts";

test("[D1] a key says when it was made, and one that doesn't is a key without a time", () => {
  const key = keyWithTime("c0ffee", 1_800_000_000_123.7);

  expect(key).toBe("t1800000000123.c0ffee");
  expect(timeOfKey(key)).toBe(1_800_000_000_123);
  expect(timeOfKey(keyWithTime("x", 12))).toBe(12);
  for (const other of ["", "c0ffee", "t1800000000123", "t1800000000123.", "t180000000012.x", "x1800000000123.y"])
    expect(timeOfKey(other)).toBeNull();
});
