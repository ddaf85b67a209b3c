import fc from "fast-check";
import { expect, test } from "vitest";
import { anyValue } from "../arbitraries-suite.ts";
import { canonicalJson } from "./canonical-json.ts";
import type { JsonValue } from "./json.ts";

test("[G1] the example of RFC 8785, section 3.2.2", () => {
  const text = String.raw`{
    "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],
    "string": "\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/",
    "literals": [null, true, false]
  }`;

  expect(canonicalJson(JSON.parse(text))).toBe(
    String.raw`{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\u000f\nA'B\"\\\\\"/"}`,
  );
});

test("[G1] keys are in order of their UTF-16 code units (RFC 8785, section 3.2.3)", () => {
  const value = { "€": 1, "\r": 2, "\ufb33": 3, "1": 4, "😀": 5, "\u0080": 6, ö: 7 };

  expect(Object.keys(JSON.parse(canonicalJson(value)))).toHaveLength(7);
  expect(canonicalJson(value)).toBe('{"\\r":2,"1":4,"\u0080":6,"ö":7,"€":1,"😀":5,"\ufb33":3}');
});

test("[G1] keys that look like indices are ordered as text", () => {
  expect(canonicalJson({ 9: 1, 10: 2, a: 3, "": 4 })).toBe('{"":4,"10":2,"9":1,"a":3}');
});

test.each<[number, string]>([
  [0, "0"],
  [-0, "0"],
  [5e-324, "5e-324"],
  [1.7976931348623157e308, "1.7976931348623157e+308"],
  [9007199254740992, "9007199254740992"],
  [295147905179352830000, "295147905179352830000"],
  [1e21, "1e+21"],
  [0.000001, "0.000001"],
  [1e-7, "1e-7"],
])("[G1] the number %d is written %s", (value, expected) => {
  expect(canonicalJson(value)).toBe(expected);
});

test.each<JsonValue>([Number.NaN, Number.POSITIVE_INFINITY, "\ud800", { "\udc00": 1 }, [{ a: "a\ud800" }]])(
  "[S4] what JSON can't carry has no canonical form: %s",
  (value) => {
    expect(() => canonicalJson(value)).toThrow(expect.objectContaining({ code: "invalid_change" }));
  },
);

test("[G1] it is JSON of the same value, and equal for every order of keys", () => {
  fc.assert(
    fc.property(anyValue, (value) => {
      const text = canonicalJson(value);
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      expect(canonicalJson(reversed(value))).toBe(text);
    }),
  );
});

function reversed(value: JsonValue): JsonValue {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.map(reversed);
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, member]) => [key, reversed(member)]),
  );
}

test("[G1] an object of many keys is sorted like one of few", () => {
  const keys = Array.from({ length: 100 }, (_, index) => `k${(index * 37) % 100}`);
  const object = Object.fromEntries(keys.map((key) => [key, 1]));

  expect(canonicalJson(object)).toBe(
    `{${keys
      .sort()
      .map((key) => `"${key}":1`)
      .join(",")}}`,
  );
});

test("[G1] more keys than are remembered, and longer ones, come out right", () => {
  for (let index = 0; index < 5_000; index++) {
    expect(canonicalJson({ [`key"${index}`]: 1 })).toBe(`{"key\\"${index}":1}`);
  }
  expect(canonicalJson({ ["k".repeat(100)]: 1 })).toBe(`{"${"k".repeat(100)}":1}`);
});
