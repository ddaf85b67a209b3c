import fc from "fast-check";
import { expect, test } from "vitest";
import type { JsonValue } from "./json.ts";
import { bytesOfJson, utf8Bytes } from "./json-bytes.ts";

const utf8 = new TextEncoder();
const written = (value: unknown) => utf8.encode(JSON.stringify(value)).length;

const text = fc.string({ unit: "binary", maxLength: 20 });
const number = fc.oneof(
  fc.integer(),
  fc.integer({ min: -999_999, max: 999_999 }).map((n) => n * 1e9 + 7),
  fc.tuple(fc.integer({ min: -99_999, max: 99_999 }), fc.constantFrom(10, 100)).map(([n, of]) => n / of),
);
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    text,
    number,
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(text, tie("value"), { maxKeys: 4 }),
  ),
}));

test("[S8] bytes are those of the JSON in UTF-8, whatever is in it", () => {
  fc.assert(
    fc.property(value, (any) => {
      expect(bytesOfJson(any as JsonValue)).toBe(written(any));
      expect(utf8Bytes(JSON.stringify(any))).toBe(written(any));
    }),
    { numRuns: 2_000 },
  );
});

test("[S8] each control character, each length of a number and of a character counts as it is written", () => {
  const controls = Array.from({ length: 0x100 }, (_, unit) => String.fromCharCode(unit));
  const numbers = [0, -0, 9, 10, 99, 100, 999_999_999, 1e9, 1e12, 1_700_000_000_000, 1e15 - 1, -0.5, 12.25, -999.99];

  const counted = [
    ...controls,
    ...numbers,
    "ä",
    "€",
    "😀",
    "",
    [],
    {},
    [undefined as never],
    { a: undefined as never },
  ];

  expect(counted.map((one) => bytesOfJson(one))).toEqual(counted.map((one) => written(one)));
});

test("[S8] a number with many digits counts as the longest there is: never less than it takes", () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (any) => {
      expect([written(any), 25]).toContain(bytesOfJson(any));
      expect(written(any)).toBeLessThanOrEqual(bytesOfJson(any));
    }),
    { numRuns: 2_000 },
  );
});
