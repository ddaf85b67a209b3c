import { expect, test } from "vitest";
import { changedMeanwhile, formOf, patchOf } from "./host-change.ts";

const BEFORE = formOf({ tags: ["prod", "team:web"], location: "cellar", notes: "one\ntwo" });

test("only what somebody changed is sent, tags as a list, and what was emptied as null", () => {
  expect(patchOf(BEFORE, { ...BEFORE, tags: "prod,  team:web" })).toBeNull();
  expect(patchOf(BEFORE, { ...BEFORE, notes: "one\r\ntwo\r\n" })).toBeNull();
  expect(patchOf(BEFORE, { ...BEFORE, tags: "prod web web", location: " " })).toEqual({
    tags: ["prod", "web"],
    location: null,
  });
  expect(patchOf(BEFORE, { ...BEFORE, tags: "", name: "web-1", notes: "" })).toEqual({
    tags: [],
    name: "web-1",
    notes: null,
  });
});

test("what others changed since the form was opened is named", () => {
  expect(changedMeanwhile(BEFORE, BEFORE)).toEqual([]);
  expect(changedMeanwhile(BEFORE, { ...BEFORE, tags: "prod", notes: "" })).toEqual(["the tags", "the notes"]);
});
