import { PAGE_SCREENS } from "@neverstale/fleet-domain/schema-free";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  closeOutput,
  formatPlace,
  goTo,
  MAX_TABS,
  MERGED_TAB,
  nextSort,
  type PagePlace,
  parsePlace,
  parseSort,
  START_PLACE,
  showOutput,
} from "./place.ts";

function parse(address: string): PagePlace {
  const url = new URL(address, "http://fleet.test");
  return parsePlace(url.pathname, url.search);
}

test("an address without a path shows the hosts", () => {
  expect(parse("/")).toEqual(START_PLACE);
});

test("an address that leads nowhere says so, and stays what it is", () => {
  for (const path of ["/nowhere", "/nowhere/x", "/hosts/%zz", "/hosts/a/b", "/events/x", "/alerts/x"]) {
    expect(parse(`${path}?tab=c1`)).toEqual({ ...START_PLACE, missing: path });
    expect(formatPlace(parse(path))).toBe(path);
  }
});

test("an address of a release before leads to where that is now", () => {
  expect(parse("/people")).toEqual({ ...START_PLACE, screen: "settings", open: "people" });
  expect(parse("/people/maria").missing).toBe("/people/maria");
});

test("every view survives the way through the address", () => {
  const id = fc
    .string({ minLength: 1, maxLength: 20, unit: "grapheme" })
    .filter((text) => text.isWellFormed() && text !== "." && text !== "..");
  const tabId = id.filter((text) => !/\s/.test(text) && text !== MERGED_TAB);
  const view = fc
    .record({
      screen: fc.constantFrom(...PAGE_SCREENS),
      open: fc.option(id),
      filter: fc.string(),
      sort: fc.constantFrom("", "cpu", "-cpu"),
      columns: fc.constantFrom("", "cpu,tags"),
      layout: fc.constantFrom("", "grid"),
      range: fc.constantFrom("", "24h"),
      at: fc.constantFrom("", "12.e1"),
      since: fc.constantFrom("", "7.e1"),
      beside: fc.boolean(),
      tabs: fc.uniqueArray(tabId, { maxLength: MAX_TABS }),
      first: fc.boolean(),
      line: fc.option(fc.integer({ min: 1, max: 999_999_999 })),
    })
    .map(({ first, line, ...rest }): PagePlace => {
      const open = ["hosts", "runs", "pipelines", "settings"].includes(rest.screen) ? rest.open : null;
      const beside = rest.screen === "hosts" && open !== null && rest.beside;
      const tab = first ? (rest.tabs[0] ?? null) : null;
      return { ...rest, open, beside, missing: null, tab, line: tab === null ? null : line };
    });

  fc.assert(
    fc.property(view, (wanted) => {
      expect(parse(formatPlace(wanted))).toEqual(wanted);
    }),
  );
});

test("the dock and the moment survive another screen, filter and sorting do not", () => {
  const view = parse("/hosts/web-1?q=tag:prod&sort=-cpu&out=c1&out=c2&tab=c2&at=12.e1&since=7.e1");
  const kept = { tabs: ["c1", "c2"], tab: "c2", at: "12.e1", since: "7.e1" };
  expect(goTo(view, "events")).toEqual({ ...START_PLACE, ...kept, screen: "events" });
});

test("all outputs are shown together as long as there are two of them", () => {
  const view = parse("/hosts?out=c1&out=c2&tab=merged");
  expect(view.tab).toBe("merged");
  expect(parse("/hosts?out=c1&tab=merged").tab).toBeNull();
  expect(closeOutput(view, "c1").tab).toBe("c2");
  expect(parse(`/hosts?out=merged&out=a%20b&out=c1&out=${"x".repeat(201)}&tab=merged`)).toMatchObject({
    tabs: ["c1"],
    tab: null,
  });
});

test("a marked line belongs to the shown output", () => {
  const view = parse("/hosts?out=c1&out=c2&tab=c2&line=120");
  expect(view.line).toBe(120);
  expect(goTo(view, "events").line).toBe(120);
  expect(showOutput(view, ["c1"]).line).toBeNull();
  expect(closeOutput(view, "c1").line).toBe(120);
  expect(closeOutput(view, "c2").line).toBeNull();
  for (const wrong of ["0", "-1", "1.5", "x", "1e3"]) expect(parse(`/?out=c1&tab=c1&line=${wrong}`).line).toBeNull();
});

test("new output opens behind the tabs that are there and comes to the front", () => {
  const view = showOutput(parse("/hosts?out=c1&tab=c1"), ["c2", "c3", "c1"]);
  expect(view.tabs).toEqual(["c1", "c2", "c3"]);
  expect(view.tab).toBe("c2");
});

test("there are never more tabs than the limit, and the shown one is among them", () => {
  const many = Array.from({ length: MAX_TABS + 5 }, (_, index) => `c${index}`);
  const view = showOutput(START_PLACE, many);
  expect(view.tabs).toHaveLength(MAX_TABS);
  expect(view.tabs).toContain(view.tab);
});

test("a closed tab hands over to its neighbour", () => {
  const view = parse("/hosts?out=c1&out=c2&out=c3&tab=c2");
  expect(closeOutput(view, "c2").tab).toBe("c3");
  expect(closeOutput(closeOutput(view, "c2"), "c3").tab).toBe("c1");
  expect(closeOutput(parse("/hosts?out=c1&tab=c1"), "c1").tab).toBeNull();
  expect(closeOutput(view, "c3").tab).toBe("c2");
});

test("a header goes through its two directions and back", () => {
  expect(nextSort("", "cpu", true)).toBe("-cpu");
  expect(nextSort("-cpu", "cpu", true)).toBe("cpu");
  expect(nextSort("cpu", "cpu", true)).toBe("");
  expect(nextSort("-cpu", "name", false)).toBe("name");
  expect(parseSort("-cpu", ["name", "cpu"])).toEqual({ column: "cpu", descending: true });
  expect(parseSort("nonsense", ["name", "cpu"])).toBeNull();
});
