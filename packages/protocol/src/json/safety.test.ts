import fc from "fast-check";
import { expect, test } from "vitest";
import { anyPatch, anyValue } from "../arbitraries-suite.ts";
import type { JsonObject, JsonValue } from "./json.ts";
import { isSafeId, isSafeJson, isSafeKey, MAX_DEPTH, MAX_ID_LENGTH } from "./safety.ts";
import { takeJson, takeRecord } from "./take-json.ts";

const REFUSED_KEYS = ["__proto__", "constructor", "prototype", "\ud800", "a\udfffb"];

test.each(REFUSED_KEYS)("[S4] %j is neither an id nor a key", (name) => {
  const object = JSON.parse(`{"deep": [{${JSON.stringify(name)}: 1}]}`) as JsonObject;

  expect(isSafeId(name)).toBe(false);
  expect(isSafeKey(name)).toBe(false);
  expect(isSafeJson(object)).toBe(false);
  expect(() => takeRecord(object, "data")).toThrow(expect.objectContaining({ code: "invalid_change" }));
});

test.each(["", "a\0b", "\0", 7, null, undefined, ["web-1"], {}])("[S4] %j is no id", (id) => {
  expect(isSafeId(id)).toBe(false);
});

test.each(["web-1", "toString", "__proto", "Constructor", "é😀", " ", "123456789"])("[S4] %j is an id", (id) => {
  expect(isSafeId(id)).toBe(true);
});

test("[S4] an id may be as long as the limit and no longer", () => {
  expect(isSafeId("x".repeat(MAX_ID_LENGTH))).toBe(true);
  expect(isSafeId("x".repeat(MAX_ID_LENGTH + 1))).toBe(false);
});

const NOT_JSON: [unknown, string][] = [
  [Number.NaN, "data.os.name is NaN, which JSON cannot carry"],
  [Number.POSITIVE_INFINITY, "data.os.name is Infinity, which JSON cannot carry"],
  [Number.NEGATIVE_INFINITY, "data.os.name is -Infinity, which JSON cannot carry"],
  ["\ud800", "data.os.name holds half of a surrogate pair"],
  [1n, "data.os.name is bigint, which JSON cannot carry"],
  [() => 1, "data.os.name is function, which JSON cannot carry"],
  [Symbol("s"), "data.os.name is symbol, which JSON cannot carry"],
  [new Date(0), "data.os.name is not a plain object"],
  [new Map(), "data.os.name is not a plain object"],
  [new Error("x"), "data.os.name is not a plain object"],
  [[undefined], "data.os.name.0 is undefined, which JSON cannot carry"],
  // biome-ignore lint/suspicious/noSparseArray: a hole in an array is what is refused here.
  [[1, , 3], "data.os.name.1 is undefined, which JSON cannot carry"],
  [[{ constructor: 1 }], "data.os.name.0.constructor is not allowed as a key"],
];

test.each(NOT_JSON)("[S4] the value %s is refused, and the error says where", (value, message) => {
  const object = { id: "web-1", os: { name: value } } as unknown as JsonObject;

  expect(() => takeJson(object, "data")).toThrow(message);
  expect(() => takeRecord(object, "data")).toThrow(message);
});

test("[S4] a value may be nested as deep as the limit and no deeper", () => {
  expect(isSafeJson(nested(MAX_DEPTH))).toBe(true);
  expect(isSafeJson(nested(MAX_DEPTH + 1))).toBe(false);
  expect(() => takeJson(nested(MAX_DEPTH + 1), "data")).toThrow("is nested deeper than 32 levels");
  expect(isSafeJson(JSON.parse("[".repeat(100_000) + "]".repeat(100_000)))).toBe(false);
});

/** `depth` objects and lists within another one. */
function nested(depth: number): JsonValue {
  let value: JsonValue = {};
  for (let level = 0; level < depth; level++) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}

test("[S4] a list of nothing but holes is refused at its first one, however long it is", () => {
  const seen: PropertyKey[] = [];
  const list = new Proxy(new Array(1_000_000), {
    get: (target, key) => {
      seen.push(key);
      return Reflect.get(target, key);
    },
  });

  expect(() => takeJson({ list }, "data")).toThrow("data.list.0 is undefined");

  expect(seen.length).toBeLessThan(100);
});

test("[S4] a message about a hostile key stays short", () => {
  const object = { ["k".repeat(100_000)]: Number.NaN };

  expect(() => takeJson(object, "data")).toThrow(
    expect.objectContaining({ message: expect.stringMatching(/^.{0,300}$/) }),
  );
});

test("[S4] an object without a prototype is safe, like one that has the usual prototype", () => {
  const bare = Object.assign(Object.create(null), { id: "web-1" }) as JsonObject;

  expect(isSafeJson(bare)).toBe(true);
});

test("[S1] members that are null are left out at every depth, except in arrays", () => {
  const given = { id: "web-1", gone: null, os: { name: "debian", version: null }, list: [null, { a: null }] };

  expect(takeRecord(given, "data")).toEqual({ id: "web-1", os: { name: "debian" }, list: [null, { a: null }] });
  expect(given.os).toEqual({ name: "debian", version: null });
});

test("[S1] members that are undefined are left out", () => {
  const given = { id: "web-1", gone: undefined, os: { version: undefined } } as unknown as JsonObject;

  expect(Object.keys(takeRecord(given, "data"))).toEqual(["id", "os"]);
  expect(Object.keys(takeRecord(given, "data").os as JsonObject)).toEqual([]);
});

test("[S4] whatever came through JSON and has safe keys is safe", () => {
  fc.assert(fc.property(anyValue, (value) => isSafeJson(JSON.parse(JSON.stringify(value)))));
  fc.assert(fc.property(anyPatch, (patch) => takeRecord(patch, "data") !== undefined));
});
