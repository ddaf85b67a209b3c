import { expect, test } from "vitest";
import { TokenBucket } from "./token-bucket.ts";

test("a full bucket gives a burst, and then as much as has come back", () => {
  const bucket = new TokenBucket(3, 2, 0);

  const burst = [1, 1, 1, 1].map((amount) => bucket.take(amount, 0));
  const later = [bucket.take(1, 499), bucket.take(1, 500), bucket.take(1, 500)];

  expect(burst).toEqual([true, true, true, false]);
  expect(later).toEqual([false, true, false]);
});

test("what is refused takes nothing", () => {
  const bucket = new TokenBucket(10, 1, 0);

  expect(bucket.take(11, 0)).toBe(false);
  expect(bucket.left(0)).toBe(10);
});

test("a bucket never holds more than its size", () => {
  const bucket = new TokenBucket(10, 1, 0);
  bucket.take(4, 0);

  bucket.giveBack(100);

  expect(bucket.left(1_000_000)).toBe(10);
});

test("it says how long to wait for an amount", () => {
  const bucket = new TokenBucket(4, 2, 0);
  bucket.take(4, 0);

  expect(bucket.waitMs(1, 0)).toBe(500);
  expect(bucket.waitMs(1, 250)).toBe(250);
  expect(bucket.waitMs(1, 500)).toBe(0);
});

test("a clock that is set back gives nothing and takes nothing", () => {
  const bucket = new TokenBucket(4, 1, 10_000);
  bucket.take(2, 10_000);

  expect(bucket.left(0)).toBe(2);
  expect(bucket.left(1_000)).toBe(3);
});
