import fc from "fast-check";
import { expect, test } from "vitest";
import { type MergeSource, MOST_MERGED_ROWS, mergeRows } from "./merged-rows.ts";

const second = (at: number) => new Date(Date.UTC(2026, 0, 1) + at * 1_000).toISOString();

function source(id: string, times: readonly number[], hasOlder = false): MergeSource {
  return { id, hasOlder, rows: times.map((at, index) => ({ segments: [], line: index + 1, at: second(at) })) };
}

const shown = (sources: readonly MergeSource[]) =>
  mergeRows(sources).rows.map(({ source, row }) => [sources[source]?.id, row.line]);

test("rows stand in the order of their times, and those of one time in the order of their outputs", () => {
  expect(shown([source("a", [1, 3, 3, 7]), source("b", [2, 3, 9])])).toEqual([
    ["a", 1],
    ["b", 1],
    ["a", 2],
    ["a", 3],
    ["b", 2],
    ["a", 4],
    ["b", 3],
  ]);
  expect(mergeRows([])).toEqual({ rows: [], held: [], isCut: false });
});

test("nothing is shown before the first row of an output whose older rows are missing", () => {
  const merged = mergeRows([source("a", [1, 2, 8]), source("b", [5, 6], true)]);

  expect(merged.rows.map(({ key }) => key)).toEqual(["b 1", "b 2", "a 3"]);
  expect(merged.held).toEqual(["b"]);
});

test("the order within each output stays, whatever the times are", () => {
  const times = fc.array(fc.nat(20), { maxLength: 12 }).map((all) => all.toSorted((a, b) => a - b));
  fc.assert(
    fc.property(fc.array(times, { maxLength: 4 }), (all) => {
      const sources = all.map((each, at) => source(String(at), each));
      const { rows } = mergeRows(sources);

      expect(rows.map(({ row }) => row.at)).toEqual(
        all
          .flat()
          .toSorted((a, b) => a - b)
          .map(second),
      );
      for (const [at, { rows: own }] of sources.entries())
        expect(rows.filter((row) => row.source === at).map(({ row }) => row)).toEqual(own);
      expect(new Set(rows.map(({ key }) => key)).size).toBe(rows.length);
    }),
  );
});

test("[B164] so many rows are shown together, and it says that there are older ones", () => {
  const many = Array.from({ length: MOST_MERGED_ROWS }, (_, at) => at);

  const merged = mergeRows([source("a", many), source("b", many)]);

  expect(merged.rows).toHaveLength(MOST_MERGED_ROWS);
  expect(merged.isCut).toBe(true);
  expect(merged.rows.at(-1)?.key).toBe(`b ${MOST_MERGED_ROWS}`);
});
