import fc from "fast-check";
import { expect, test } from "vitest";
import { anyPatch, anyStoredObject } from "../arbitraries-suite.ts";
import type { JsonObject, JsonValue } from "./json.ts";
import { freezeJson, takeJson, takePatch, takeRecord, thawedJson } from "./take-json.ts";

/** Every object and list within a value, itself included. */
function partsOf(value: JsonValue): object[] {
  if (typeof value !== "object" || value === null) return [];
  return [value, ...Object.values(value).flatMap(partsOf)];
}

test("[S1] a record that is taken is a copy, frozen at every depth, and shares nothing with what was given", () => {
  fc.assert(
    fc.property(anyStoredObject, (given) => {
      const taken = takeRecord(given, "data");
      expect(taken).toEqual(given);
      expect(partsOf(taken).filter((part) => !Object.isFrozen(part))).toEqual([]);
      expect(partsOf(taken).filter((part) => partsOf(given).includes(part))).toEqual([]);
    }),
  );
});

test("[S1] a patch that is taken is such a copy too, with the nulls that it needs, and all that is in it is frozen", () => {
  fc.assert(
    fc.property(anyPatch, (given) => {
      const taken = takePatch(given, "data");
      expect(taken).toEqual(given);
      const parts = partsOf(taken);
      expect(parts.slice(1).filter((part) => !Object.isFrozen(part))).toEqual([]);
      expect(parts.filter((part) => partsOf(given).includes(part))).toEqual([]);
    }),
  );
});

test("[S4] -0 is taken as 0, at every depth and in lists", () => {
  const given = { id: "a", x: -0, os: { y: -0 }, list: [-0, [-0], { z: -0 }] };

  for (const taken of [takeRecord(given, "data"), takePatch(given, "data")]) {
    expect(taken).toEqual({ id: "a", x: 0, os: { y: 0 }, list: [0, [0], { z: 0 }] });
  }
});

test("[S4] a member is read once, so that what was checked is what is stored", () => {
  let reads = 0;
  const given = {
    get name() {
      reads += 1;
      return reads === 1 ? "checked" : Number.NaN;
    },
  };

  expect(takeRecord(given, "data")).toEqual({ name: "checked" });
});

test("[S4] a list is taken as a plain list, whatever else hangs on it", () => {
  class Odd extends Array<number> {}
  const given = Object.assign(Odd.from([1, 2]), { note: "mine" });

  const taken = takeJson(given, "data");

  expect(JSON.stringify(taken)).toBe("[1,2]");
  expect(Object.getPrototypeOf(taken)).toBe(Array.prototype);
});

test("[S4] a value that holds itself is refused", () => {
  const given: Record<string, unknown> = { id: "a" };
  given.self = given;
  given.again = [given];

  expect(() => takeRecord(given as JsonObject, "data")).toThrow("is nested deeper than 32 levels");
});

const wide = (count: number, value: unknown): unknown[] => Array.from({ length: count }, () => value);
const nested = (depth: number, next: (inner: unknown) => unknown, value: unknown): unknown =>
  depth === 0 ? value : next(nested(depth - 1, next, value));
const tooMuch: readonly [string, unknown][] = [
  ["lists", nested(30, (inner) => [inner, inner], 1)],
  ["empty lists", nested(30, (inner) => [inner, inner], [])],
  ["objects", nested(30, (inner) => ({ a: inner, b: inner }), "x")],
  ["objects without members", nested(30, (inner) => ({ a: inner, b: inner }), {})],
  ["both, by turns", nested(15, (inner) => ({ a: [inner, inner, inner] }), null)],
  ["members that are absent", nested(30, (inner) => ({ a: inner, b: inner, c: undefined }), { d: undefined })],
  ["one wide list", wide(2_000, wide(2_000, 0))],
  ["a long text", wide(2_000, "€".repeat(100_000))],
  ["a long text under many names", Object.fromEntries(wide(2_000, "€".repeat(100_000)).entries())],
  ["long names", wide(2_000, { ["€".repeat(100_000)]: 1 })],
];

test.each(tooMuch)("[S4] a value that holds %s many times over by references is refused, not walked", (_, data) => {
  const error = { code: "invalid_change", message: expect.stringContaining("data holds more than 1048576 values") };

  expect(() => takeRecord({ id: "a", data } as JsonObject, "data")).toThrow(expect.objectContaining(error));
  expect(() => takePatch({ data } as JsonObject, "data")).toThrow(expect.objectContaining(error));
  expect(() => takeJson(data, "data")).toThrow(expect.objectContaining(error));
  expect(takeJson([1], "data")).toEqual([1]);
});

test("[S4] a value may stand in many places, and each is a copy; as many values as may be are taken", () => {
  const shared = { list: [1, 2], text: "x" };

  const taken = takeRecord({ id: "a", one: shared, two: shared, list: [shared, shared] }, "data");

  expect(taken).toEqual({ id: "a", one: shared, two: shared, list: [shared, shared] });
  expect(new Set(partsOf(taken)).size).toBe(partsOf(taken).length);
  expect((takeJson(wide(1024 * 1024, 0), "data") as JsonValue[]).length).toBe(1024 * 1024);
  expect(() => takeJson(wide(1024 * 1024 + 1, 0), "data")).toThrow("holds more than");
});

test("[S4] what is taken while a value is read counts for that value alone", () => {
  const large = wide(1024 * 1024, 0);
  const given = {
    get first() {
      expect(() => takeJson([large], "other")).toThrow("other holds more than");
      return takeJson(large.slice(1), "other") === null;
    },
    second: [1, 2, 3],
  };

  expect(takeJson({ id: "a", given }, "data")).toEqual({ id: "a", given: { first: false, second: [1, 2, 3] } });
});

test("[S4] what an object inherits is none of its members", () => {
  const given = Object.create(Object.assign(Object.create(null), { inherited: 1 })) as Record<string, JsonValue>;
  given.own = 2;

  expect(takeRecord(given, "data")).toEqual({ own: 2 });
});

test("what nobody else holds is frozen where it is", () => {
  const own = { id: "a", os: { list: [{ a: 1 }] } };

  expect(freezeJson(own)).toBe(own);
  expect(partsOf(own).every(Object.isFrozen)).toBe(true);
});

test("a thawed copy can be altered at every depth, and the value stays as it is", () => {
  const value = takeRecord({ id: "a", os: { list: [{ a: 1 }] } }, "data");

  const copy = thawedJson(value) as { os: { list: { a: number }[] } };
  copy.os.list[0] = { a: 2 };
  copy.os.list.push({ a: 3 });

  expect(value).toEqual({ id: "a", os: { list: [{ a: 1 }] } });
});
