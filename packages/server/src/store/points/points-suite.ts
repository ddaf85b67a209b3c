/** The points suite is the part of the contract suite that is about points: rows of numbers that are looked back on. */

import { attempt } from "../store-rows-suite.ts";
import type { TestedStore, TestTools } from "../store-world-suite.ts";
import { MOST_POINT_CHARS, type PointRow, type PointStore } from "./point-store.ts";

export function point(at: number, series: string, text: string, step = 10): PointRow {
  return { step, at, series, text };
}

const ALL = { step: 10, from: 0, to: 1_000 };

export function describePoints({ describe, expect, test }: TestTools, tested: TestedStore): void {
  describe("points", () => {
    test("what is appended to a row stands behind what it held, also after a reopen, and in the same batch", async () => {
      const store = await tested.start();
      await store.appendPoints([point(100, "b", "1;"), point(100, "a", "2;"), point(100, "b", "3;")]);

      const again = await tested.world.reopen();
      expect(await again.appendPoints([point(100, "a", "4;"), point(200, "a", "5;")])).toBe(0);

      expect(await again.readPoints({ ...ALL, series: "a" })).toEqual([point(100, "a", "2;4;"), point(200, "a", "5;")]);
      expect(await again.readPoints({ ...ALL, series: "b" })).toEqual([point(100, "b", "1;3;")]);
      expect(await again.readPoints({ ...ALL, series: "c" })).toEqual([]);
    });

    test("a series is read from a time on and before another, and steps have nothing to do with each other", async () => {
      const store = await tested.start();
      await store.appendPoints([
        ...[500, 100, 300, 200, 400].map((at) => point(at, "a", `${at};`)),
        point(200, "a", "other;", 60),
      ]);
      const from = async (range: { readonly step?: number; readonly from?: number; readonly to?: number }) =>
        (await store.readPoints({ ...ALL, ...range, series: "a" })).map(({ text }) => text);

      expect(await from({})).toEqual(["100;", "200;", "300;", "400;", "500;"]);
      expect(await from({ from: 200, to: 400 })).toEqual(["200;", "300;"]);
      expect(await from({ step: 60 })).toEqual(["other;"]);
      expect(await from({ step: 600 })).toEqual([]);
      const times = (query: { readonly step?: number; readonly upTo: number; readonly limit?: number }) =>
        store.pointTimes({ step: 10, limit: 9, ...query });
      expect(await times({ upTo: 450 })).toEqual([400, 300, 200, 100]);
      expect(await times({ upTo: 400, limit: 2 })).toEqual([400, 300]);
      expect(await times({ upTo: 99 })).toEqual([]);
      expect(await times({ step: 600, upTo: 450 })).toEqual([]);
    });

    test("the rows of one time are listed by pages, in the order of their series", async () => {
      const store = await tested.start();
      await store.appendPoints([..."dbcae"].map((series) => point(100, series, `${series};`)));
      await store.appendPoints([point(200, "z", "z;"), point(100, "z", "other;", 60)]);
      const list = async (after: string, limit: number) =>
        (await store.listPoints({ step: 10, at: 100, after, limit })).map(({ series }) => series);

      expect(await list("", 3)).toEqual(["a", "b", "c"]);
      expect(await list("c", 3)).toEqual(["d", "e"]);
      expect(await list("e", 3)).toEqual([]);
    });

    test("thousands of rows, in one batch beside commits, and all that is old goes at once", async () => {
      const store = await tested.start();
      const rows = Array.from({ length: 3_000 }, (_, index) => point(100 + (index % 3) * 100, `s${index}`, "1;"));

      const [full, , gone] = [
        store.appendPoints(rows),
        store.beat(),
        await store.dropPoints({ step: 60, from: 0, before: 900 }),
      ];

      expect([await full, gone]).toEqual([0, 0]);
      expect(await store.dropPoints({ step: 10, from: 200, before: 300 })).toBe(1_000);
      expect(await store.dropPoints({ step: 10, from: 0, before: 300 })).toBe(1_000);
      expect(await store.listPoints({ step: 10, at: 300, after: "", limit: 5_000 })).toHaveLength(1_000);
      expect(await store.pointTimes({ step: 10, upTo: 900, limit: 9 })).toEqual([300]);
    });

    test("a series goes with all its rows of a step, and no other does", async () => {
      const store = await tested.start();
      const times = Array.from({ length: 300 }, (_, index) => index);
      await store.appendPoints(times.flatMap((at) => [point(at, "a", "1;"), point(at, "b", "1;")]));
      await store.appendPoints([point(100, "a", "1;", 60)]);

      expect(await store.dropPoints({ step: 10, series: "a" })).toBe(300);

      expect(await store.readPoints({ ...ALL, series: "a" })).toEqual([]);
      expect(await store.readPoints({ ...ALL, series: "b" })).toHaveLength(300);
      expect(await store.readPoints({ ...ALL, step: 60, series: "a" })).toHaveLength(1);
    });

    test("[B109] a row that is full takes nothing more, and it is told how many texts were left out", async () => {
      const store = await tested.start();
      const half = "x".repeat(MOST_POINT_CHARS / 2);

      const full: number[] = [];
      for (let n = 0; n < 3; n += 1)
        full.push(await store.appendPoints([point(100, "a", half), point(100, "b", "1;")]));

      expect(full).toEqual([0, 0, 1]);
      const [row] = await store.readPoints({ ...ALL, series: "a" });
      expect(row?.text).toHaveLength(MOST_POINT_CHARS);
      expect(await store.readPoints({ ...ALL, series: "b" })).toEqual([point(100, "b", "1;1;1;")]);
    });

    test("[A1] a store that has not taken over writes no points, and reads those that are there", async () => {
      const store = await tested.start();
      await store.appendPoints([point(100, "a", "1;")]);
      await store.close();
      await store.read();

      for (const call of writesOf(store)) await expect(attempt(call)).rejects.toMatchObject({ outcome: "fenced" });

      expect(await store.readPoints({ ...ALL, series: "a" })).toEqual([point(100, "a", "1;")]);
    });
  });
}

/** These calls need a term. */
export function writesOf(store: PointStore): readonly (() => Promise<void>)[] {
  return [
    () => store.appendPoints([point(100, "a", "2;")]).then(() => {}),
    () => store.dropPoints({ step: 10, from: 0, before: 900 }).then(() => {}),
    () => store.dropPoints({ step: 10, series: "a" }).then(() => {}),
  ];
}
