import fc from "fast-check";
import { expect, test } from "vitest";
import { anyPatch, anyStoredObject, anyValue } from "./arbitraries-suite.ts";
import type { JsonValue } from "./json.ts";
import { mergePatch, mergePatchBetween, mergePatchWithin } from "./merge-patch.ts";

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
