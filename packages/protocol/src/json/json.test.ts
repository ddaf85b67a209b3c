import fc from "fast-check";
import { expect, test } from "vitest";
import { anyValue } from "../arbitraries-suite.ts";
import { canonicalJson } from "./canonical-json.ts";
import { isJsonObject, sameJson } from "./json.ts";

test.each([
  [
    { a: 1, b: 2 },
    { b: 2, a: 1 },
  ],
  [0, -0],
  [{ a: [1, { b: null }] }, { a: [1, { b: null }] }],
])("%j and %j are the same value", (a, b) => {
  expect(sameJson(a, b)).toBe(true);
});

test.each([
  [
    [1, 2],
    [2, 1],
  ],
  [[], {}],
  [null, {}],
  [{ a: 1 }, { a: 1, b: 2 }],
  [{ a: null }, { b: null }],
  ["1", 1],
  [{ toString: 1 }, { valueOf: 1 }],
])("%j and %j differ", (a, b) => {
  expect(sameJson(a, b)).toBe(false);
  expect(sameJson(b, a)).toBe(false);
});

test("an absent value is the same as nothing but itself", () => {
  expect(sameJson(undefined, undefined)).toBe(true);
  expect(sameJson(undefined, null)).toBe(false);
});

test("two values are the same exactly when their canonical JSON is", () => {
  fc.assert(
    fc.property(anyValue, anyValue, (a, b) => {
      expect(sameJson(a, b)).toBe(canonicalJson(a) === canonicalJson(b));
      expect(sameJson(a, JSON.parse(canonicalJson(a)))).toBe(true);
    }),
  );
});

test("an object is neither null nor a list", () => {
  expect(isJsonObject({})).toBe(true);
  expect([null, [], "", 0, undefined].some(isJsonObject)).toBe(false);
});
