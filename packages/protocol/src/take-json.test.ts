import fc from "fast-check";
import { expect, test } from "vitest";
import { anyPatch, anyStoredObject } from "./arbitraries-suite.ts";
import type { JsonObject, JsonValue } from "./json.ts";
import { freezeJson, takeJson, takeObject, takeRecord, thawedJson } from "./take-json.ts";

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

test("[S1] a patch that is taken is such a copy too, with the nulls that it needs", () => {
  fc.assert(
    fc.property(anyPatch, (given) => {
      const taken = takeObject(given, "data");
      expect(taken).toEqual(given);
      expect(partsOf(taken).filter((part) => !Object.isFrozen(part) || partsOf(given).includes(part))).toEqual([]);
    }),
  );
});

test("[S4] -0 is taken as 0, at every depth and in lists", () => {
  const given = { id: "a", x: -0, os: { y: -0 }, list: [-0, [-0], { z: -0 }] };

  for (const taken of [takeRecord(given, "data"), takeObject(given, "data")]) {
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
