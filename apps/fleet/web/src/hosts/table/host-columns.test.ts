import { expect, test } from "vitest";
import { formatColumns, parseColumns, USUAL_COLUMNS } from "./host-columns.ts";

test("columns are named in the table's order, and unknown names are passed over", () => {
  expect(parseColumns("tags,version,ghost,cpu")?.map(({ name }) => name)).toEqual(["cpu", "version", "tags"]);
  expect([parseColumns(""), parseColumns("ghost")]).toEqual([null, null]);
});

test("the usual columns need no word in the address, and others are found again by theirs", () => {
  expect(formatColumns(new Set(USUAL_COLUMNS))).toBe("");

  const text = formatColumns(new Set(["version", "status"]));

  expect(parseColumns(text)?.map(({ name }) => name)).toEqual(["status", "version"]);
});
