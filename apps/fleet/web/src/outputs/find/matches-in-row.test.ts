import { expect, test } from "vitest";
import { matchesIn } from "./matches-in-row.ts";

const hit = (text: string, column: number, length: number, textColumn = 0) => ({ text, column, length, textColumn });
const plain = (text: string, matchCase = false) => ({ text, regex: false, matchCase });

test("every place of a text is found, in letters of either case when they do not matter", () => {
  expect(matchesIn("Error error ERROR", hit("", 0, 5), plain("error"))).toEqual([
    [0, 5],
    [6, 11],
    [12, 17],
  ]);
  expect(matchesIn("Error error ERROR", hit("", 0, 5), plain("error", true))).toEqual([[6, 11]]);
  expect(matchesIn("İİ x", hit("", 3, 1), plain("X"))).toEqual([[3, 4]]);
  expect(matchesIn("other", hit("", 0, 5), plain("error"))).toEqual([]);
  expect(matchesIn("a".repeat(9_000), hit("", 0, 1), plain("a"))).toHaveLength(100);
});

test("what a regular expression matched is found where it stood, or where an overwritten row has it", () => {
  const regex = { text: "e\\d+", regex: true, matchCase: true };

  expect(matchesIn("x e12 e12", hit("x e12 e12", 6, 3), regex)).toEqual([[6, 9]]);
  expect(matchesIn("e12", hit("50%\re12", 4, 3), regex)).toEqual([[0, 3]]);
  expect(matchesIn("gone", hit("50%\re12", 4, 3), regex)).toEqual([]);
  expect(matchesIn("x".repeat(500), hit("", 0, 0), regex)).toEqual([]);
});
