import fc from "fast-check";
import { expect, test } from "vitest";
import { anyPatch, anyRecord, anyStoredObject, anyValue } from "../arbitraries-suite.ts";
import type { JsonObject, JsonValue } from "../json/json.ts";
import { bytesOfJson } from "../json/json-bytes.ts";
import { freezeJson } from "../json/take-json.ts";
import { mergeIntoRecord, mergePatch, mergePatchBetween, mergePatchWithin } from "./merge-patch.ts";

// The examples of RFC 7396, appendix A.
test.each<[JsonValue, JsonValue, JsonValue]>([
  [{ a: "b" }, { a: "c" }, { a: "c" }],
  [{ a: "b" }, { b: "c" }, { a: "b", b: "c" }],
  [{ a: "b" }, { a: null }, {}],
  [{ a: "b", b: "c" }, { a: null }, { b: "c" }],
  [{ a: ["b"] }, { a: "c" }, { a: "c" }],
  [{ a: "c" }, { a: ["b"] }, { a: ["b"] }],
  [{ a: { b: "c" } }, { a: { b: "d", c: null } }, { a: { b: "d" } }],
  [{ a: [{ b: "c" }] }, { a: [1] }, { a: [1] }],
  [
    ["a", "b"],
    ["c", "d"],
    ["c", "d"],
  ],
  [{ a: "b" }, ["c"], ["c"]],
  [{ a: "foo" }, null, null],
  [{ a: "foo" }, "bar", "bar"],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [[1, 2], { a: "b", c: null }, { a: "b" }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
])("[S1] %j patched with %j is %j", (target, patch, expected) => {
  expect(mergePatch(target, patch)).toEqual(expected);
});

test("[S1] the patch between two records turns the one into the other", () => {
  fc.assert(
    fc.property(anyStoredObject, anyStoredObject, (before, after) => {
      expect(mergePatch(before, mergePatchBetween(before, after))).toEqual(after);
    }),
  );
});

test("[S1] the patch between a record and itself is empty", () => {
  fc.assert(
    fc.property(anyStoredObject, (record) => {
      expect(mergePatchBetween(record, structuredClone(record))).toEqual({});
    }),
  );
});

test("[S2] a patch applied twice does what it does once", () => {
  fc.assert(
    fc.property(anyStoredObject, anyPatch, (record, patch) => {
      const once = mergePatch(record, patch);
      expect(mergePatch(once, patch)).toEqual(once);
    }),
  );
});

test("[S1] a patch leaves no null member behind, outside arrays", () => {
  fc.assert(
    fc.property(anyStoredObject, anyPatch, (record, patch) => {
      expect(hasNullMember(mergePatch(record, patch))).toBe(false);
    }),
  );
});

function hasNullMember(value: JsonValue): boolean {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.values(value).some((member) => member === null || hasNullMember(member));
}

test("neither argument is altered", () => {
  fc.assert(
    fc.property(anyStoredObject, anyValue, (record, patch) => {
      const [recordBefore, patchBefore] = [structuredClone(record), structuredClone(patch)];
      mergePatch(record, patch);
      expect([record, patch]).toEqual([recordBefore, patchBefore]);
    }),
  );
});

test("a member that is undefined says nothing", () => {
  const patch = { cpu: undefined, status: "up" } as unknown as JsonValue;

  expect(mergePatch({ cpu: 1 }, patch)).toEqual({ cpu: 1, status: "up" });
});

test("a key named like a member of Object.prototype is only a key", () => {
  expect(mergePatch({}, { toString: { a: 1 } })).toEqual({ toString: { a: 1 } });
  expect(mergePatchBetween({ valueOf: 1 }, {})).toEqual({ valueOf: null });
  expect(mergePatchBetween({}, { valueOf: 1 })).toEqual({ valueOf: 1 });
});

test("[S1] a merge patch between two records is found among the members that may differ, as it is among all", () => {
  fc.assert(
    fc.property(anyStoredObject, anyPatch, (before, patch) => {
      const after = mergePatch(before, patch) as typeof before;
      expect(mergePatchWithin(before, after, patch)).toEqual(mergePatchBetween(before, after));
    }),
  );
});

test("[S1] merged in one walk, a record is what it is by the RFC, keeps its id, and its growth is counted", () => {
  fc.assert(
    fc.property(
      anyRecord("web-1"),
      anyPatch,
      fc.constantFrom({}, { id: "web-2" }, { id: null }),
      (record, named, id) => {
        const before = freezeJson(record);
        const patch: JsonObject = { ...named, ...id };
        const expected = { ...(mergePatch(before, patch) as JsonObject), id: "web-1" };

        const { after, growth, isWhole } = mergeIntoRecord(before, freezeJson(patch));

        expect(after).toEqual(expected);
        expect(after === before).toBe(Object.keys(mergePatchBetween(before, expected)).length === 0);
        expect(growth).toBe(bytesOfJson(after) - bytesOfJson(before));
        if (isWhole) expect(mergePatchWithin(before, after, patch)).toEqual(patch);
      },
    ),
    { numRuns: 500 },
  );
});

test("[S1] a patch of which each member makes a difference is its own effect", () => {
  const before = freezeJson({ id: "web-1", cpu: 1, os: { name: "debian", version: "12" }, tags: ["a"] });
  const isWhole = (patch: JsonObject) => mergeIntoRecord(before, freezeJson(patch)).isWhole;

  expect(isWhole({ cpu: 2, os: { version: "13" }, tags: ["b"], disk: { free: 3 } })).toBe(true);
  for (const patch of [{ cpu: 1 }, { os: { name: "debian" } }, { tags: ["a"] }, { gone: null }, { id: "web-1" }])
    expect(isWhole(patch)).toBe(false);
});
