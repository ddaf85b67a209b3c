import { expect, test } from "vitest";
import { flaggedTarget } from "./target-flags.ts";

test("flags make a target of which all must be true, and hosts that were named make none", () => {
  expect(flaggedTarget([], { tag: ["prod", "web"], filter: "status:online", group: "web" })).toEqual({
    ok: true,
    value: { tags: ["prod", "web"], filter: "status:online", group: "web" },
  });
  expect(flaggedTarget(["web-1"], {})).toEqual({ ok: true, value: null });
});

test("nothing at all, or both, is asked about", () => {
  expect(flaggedTarget([], {})).toMatchObject({ ok: false, problem: expect.stringContaining("on which hosts?") });
  expect(flaggedTarget(["web-1"], { tag: ["prod"] })).toMatchObject({
    ok: false,
    problem: expect.stringContaining("not both"),
  });
});
