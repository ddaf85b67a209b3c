import * as fc from "fast-check";
import { expect, test } from "vitest";
import { SortedRuns } from "./sorted-runs.ts";

test("whatever the pieces, all rows come out once and in order", () => {
  fc.assert(
    fc.property(fc.array(fc.array(fc.integer({ min: 0, max: 50 }))), (pieces) => {
      const runs = new SortedRuns<number>((a, b) => a - b);
      for (const piece of pieces) runs.add(piece);
      expect(runs.size).toBe(pieces.flat().length);

      const taken: number[] = [];
      for (let row = runs.next(); row !== null; row = runs.next()) taken.push(row);

      expect(taken).toEqual(pieces.flat().sort((a, b) => a - b));
      expect(runs.size).toBe(0);
    }),
  );
});
