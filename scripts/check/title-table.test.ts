import { expect, test } from "vitest";
import { SECURITY } from "../security-check.ts";
import { tableProblems, titlesIn, withTitles } from "./title-table.ts";

const titles = new Map([["C2", ["an exact Origin ([a.test.ts](a.test.ts))"]]]);

test("a title is a string literal that begins with an item in brackets", () => {
  const source = `test("[C2] an exact \\"Origin\\"", f); test.each(x)('[C40] %s | %j', f); const c = "C3"; // [C4] no`;

  expect(titlesIn(source, "C")).toEqual([
    ["C2", `an exact \\"Origin\\"`],
    ["C40", "%s \\| %j"],
  ]);
});

test("a title may have several tags in front, and counts for the item of each", () => {
  const source = `test("[A10] [B7] [B8] a frame that is too large", f); test("a title with [B9] in it", f);`;

  expect(titlesIn(source, "B")).toEqual([
    ["B7", "a frame that is too large"],
    ["B8", "a frame that is too large"],
  ]);
});

test("a page with all titles has no problem, and writing them changes nothing", () => {
  const page = "| C2 | Origin | an exact Origin ([a.test.ts](a.test.ts)) |";

  expect(tableProblems(SECURITY, page, titles)).toEqual([]);
  expect(withTitles(page, "C", titles)).toBe(page);
});

test("writing fills the rows that have tests and leaves the others", () => {
  const page = "# Security\n| C2 | Origin |  |\n| C99 | Later | Not built yet: it comes. |";

  expect(withTitles(page, "C", titles)).toBe(
    "# Security\n| C2 | Origin | an exact Origin ([a.test.ts](a.test.ts)) |\n| C99 | Later | Not built yet: it comes. |",
  );
});

test.each([
  ["a test that is gone", "| C2 | Origin | another title |", "C2 lists a test that is not there: another title"],
  [
    "an item without test or reason",
    "| C2 | a | an exact Origin ([a.test.ts](a.test.ts)) |\n| C3 | b |  |",
    "C3 has no test",
  ],
  ["a test of an item that is not listed", "| C3 | b | By construction: so. |", "tests name [C2]"],
  [
    "an item that is there twice",
    "| C2 | a | By construction: so. |\n| C2 | b | By construction: so. |",
    "has C2 twice",
  ],
  [
    "a row without a number",
    "| | a | tests |\n|--|--|--|\n| C4 | a | By construction: so. |\n| b | c | d |",
    "without a number: | b | c",
  ],
  ["a page without a table", "# Security", "SECURITY.md has no table"],
])("%s is a problem", (_what, page, problem) => {
  expect(tableProblems(SECURITY, page, titles).join()).toContain(problem);
});
