import { expect, test } from "vitest";
import { failuresAllowed, waveEnds } from "./wave-ends.ts";

test.each([
  [[1, "10%", "rest"], 100, [1, 11, 100]],
  [["10%"], 25, [3, 6, 9, 12, 15, 18, 21, 24, 25]],
  [[], 7, [7]],
  [["rest"], 7, [7]],
  [[1, 2], 6, [1, 3, 5, 6]],
  [[50], 7, [7]],
  [["1%"], 2, [1, 2]],
  [[1, "10%", "rest"], 1, [1]],
  [["100%", 3], 10_000, [10_000]],
] as const)("waves of %j over %i hosts end after %j of them", (sizes, hosts, ends) => {
  expect(waveEnds(sizes, hosts)).toEqual(ends);
});

test("every host has its turn once, in the smallest waves too", () => {
  expect(waveEnds([1], 10_000)).toEqual(Array.from({ length: 10_000 }, (_, at) => at + 1));
});

test.each([
  [undefined, 40, 40],
  [0, 40, 0],
  [3, 40, 3],
  ["5%", 40, 2],
  ["5%", 19, 0],
  ["100%", 19, 19],
  ["0%", 19, 0],
] as const)("with max_fail %j, of %i hosts %i may fail", (most, hosts, allowed) => {
  expect(failuresAllowed(most, hosts)).toBe(allowed);
});
