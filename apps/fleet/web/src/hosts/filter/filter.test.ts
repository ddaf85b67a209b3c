import { expect, test } from "vitest";
import { FacetCounts } from "../found/facets.ts";
import { hostRecord } from "../host-suite.ts";
import { completed, completionsOf } from "./filter-completion.ts";
import { hasTerm, withoutKind, withToggled } from "./filter-terms.ts";

function facetsOf(...hosts: readonly Parameters<typeof hostRecord>[1][]) {
  const counts = new FacetCounts();
  for (const [number, more] of hosts.entries()) counts.add(hostRecord(`host-${number}`, more));
  return counts.facets();
}

const FACETS = facetsOf({ tags: ["prod", "web"] }, { tags: ["prod"] }, { tags: ["preview"], online: false });
const offered = (text: string) => completionsOf(text, text.length, FACETS).map(({ term, count }) => [term, count]);

test("a word goes on with the values that begin so, the most frequent first, each with its number of hosts", () => {
  expect(offered("tag:p")).toEqual([
    ["tag:prod", 2],
    ["tag:preview", 1],
  ]);
  expect(offered("web -tag:pre")).toEqual([["-tag:preview", 1]]);
});

test("the begin of a kind is offered, and values that hold what is typed without their kind", () => {
  expect(offered("sta")).toEqual([
    ["status:", null],
    ["status:ready", 2],
    ["status:offline", 1],
  ]);
  expect(offered("prod")).toEqual([["tag:prod", 2]]);
  expect([offered(""), offered("tag:prod "), offered("tag:prod")]).toEqual([[], [], []]);
});

test("the word at the caret is replaced, and the others stay", () => {
  const [prod] = completionsOf("web tag:p cpu:>80", 9, FACETS);
  if (prod === undefined) throw new Error("nothing is offered");

  expect(completed("web tag:p cpu:>80", 9, prod)).toEqual(["web tag:prod cpu:>80", 12]);
  expect(completed("tag:p", 5, prod)).toEqual(["tag:prod ", 9]);
  expect(completed("st", 2, { term: "status:", count: null, note: "" })).toEqual(["status:", 7]);
});

test("a facet is put into the filter and taken out again, however it is written there", () => {
  expect(withToggled("web", "tag", "tag:prod")).toBe("web tag:prod");
  expect(withToggled("web TAG:Prod", "tag", "tag:prod")).toBe("web");
  expect([hasTerm("web Tag:prod", "tag:prod"), hasTerm("-tag:prod", "tag:prod")]).toEqual([true, false]);
});

test("of a kind that a host has one of, another value takes the place of the first", () => {
  expect(withToggled("status:ready web", "status", "status:offline")).toBe("web status:offline");
  expect(withToggled("tag:prod", "tag", "tag:web")).toBe("tag:prod tag:web");
  expect([withoutKind("status:ready web", "status"), withoutKind("tag:prod", "tag")]).toEqual(["web", "tag:prod"]);
});
