import type { JsonValue } from "@neverstale/protocol";
import { describe, expect, test } from "vitest";
import { mismatch } from "./pattern.ts";
import { type Bindings, resolve, ScenarioError } from "./template.ts";

const bindings = (): Bindings =>
  new Map<string, JsonValue>([
    ["v", 5],
    ["name", "web-1"],
  ]);

describe("what matches", () => {
  const cases: [string, JsonValue, JsonValue][] = [
    ["a plain value", 5, 5],
    ["an object that has more", { a: 1 }, { a: 1, b: 2 }],
    ["anything", { a: "*" }, { a: null }],
    ["a bound value", { version: "$v" }, { version: 5 }],
    ["a template", { version: { $plus: ["$v", 2] } }, { version: 7 }],
    ["a range", { $gte: "$v", $lt: 7 }, 6],
    ["a kind", { $is: "digest" }, "0123456789abcdef"],
    ["an absent member", { a: { $absent: true } }, {}],
    ["a closed object", { $only: { a: 1, b: "*" } }, { a: 1, b: 2 }],
    ["exactly this", { $same: { id: "$name", list: [1, 2] } }, { list: [1, 2], id: "web-1" }],
    ["items in any order", { $anyOrder: [1, 2] }, [2, 1]],
    ["an item among others", { $has: { id: "b" } }, [{ id: "a" }, { id: "b", n: 1 }]],
    ["a length", { $size: { $gt: 1 } }, [1, 2]],
    ["the last item", { $last: ["$name", 1] }, [0, ["web-1", 1]]],
    ["what it isn't", { $not: "$name" }, "web-2"],
    ["one of several", { $either: [{ a: 1 }, { b: 1 }] }, { b: 1 }],
    ["a name that a language inherits", { toString: { $absent: true } }, {}],
  ];

  test.each(cases)("%s", (_, pattern, value) => {
    expect(mismatch(pattern, value, bindings())).toBeNull();
  });
});

describe("what doesn't match, and where", () => {
  const cases: [string, JsonValue, JsonValue, string][] = [
    ["another value", { a: { b: 1 } }, { a: { b: 2 } }, ".a.b"],
    ["a missing member", { a: "*" }, {}, ".a"],
    ["another bound value", { version: "$v" }, { version: 6 }, ".version"],
    ["a template", { $plus: ["$v", 2] }, 8, ""],
    ["a range", { n: { $gte: "$v", $lt: 7 } }, { n: 7 }, ".n"],
    ["a text in a range", { $gte: 1 }, "2", ""],
    ["a kind", { $is: "whole" }, 1.5, ""],
    ["a member that should be absent", { a: { $absent: true } }, { a: 1 }, ".a"],
    ["a member too many", { $only: { a: 1 } }, { a: 1, b: 2 }, ".b"],
    ["a longer list", [1], [1, 2], ""],
    ["another order", [1, 2], [2, 1], ".0"],
    ["an item too many", { $anyOrder: [1] }, [1, 2], ""],
    ["no such item", { $has: 3 }, [1, 2], ""],
    ["what it shouldn't be", { $not: { a: 1 } }, { a: 1, b: 2 }, ""],
    ["none of several", { $either: [1, 2] }, 3, ""],
  ];

  test.each(cases)("%s", (_, pattern, value, path) => {
    expect(mismatch(pattern, value, bindings())).toMatchObject({ path });
  });
});

test("what matches is bound, and nothing is bound when something doesn't match", () => {
  const bound = bindings();

  expect(mismatch({ a: "$a", b: 2 }, { a: 1, b: 3 }, bound)).not.toBeNull();
  expect(bound.has("a")).toBe(false);
  expect(mismatch({ a: { $bind: ["a", { $is: "whole" }] }, b: 2 }, { a: 1, b: 2 }, bound)).toBeNull();

  expect(bound.get("a")).toBe(1);
  expect(mismatch({ a: "$a" }, { a: 2 }, bound)).toMatchObject({ path: ".a", expected: 1, found: 2 });
});

test("a template stands for its value, whatever its members are called", () => {
  const template = { n: { $times: ["$v", 2] }, text: { $join: [{ $repeat: ["ab", 2] }, "$name"] }, valueOf: { a: 1 } };

  expect(resolve(template, bindings())).toEqual({ n: 10, text: "ababweb-1", valueOf: { a: 1 } });
  expect(resolve({ $digest: { hosts: [] } }, bindings())).toBe("0000000000000000");
});

test("a name that is not bound, and an operator that there isn't, are bugs of the scenario", () => {
  expect(() => resolve("$nobody", bindings())).toThrow(ScenarioError);
  expect(() => resolve({ $plsu: [1, 2] }, bindings())).toThrow("there is no operator $plsu");
  expect(() => mismatch({ $gtt: 1 }, 2, bindings())).toThrow(ScenarioError);
});
