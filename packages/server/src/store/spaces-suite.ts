/** The spaces suite is the part of the contract suite that is about spaces that are made and that end. */

import { evicted, fold, group, made, record, removed, START, spaceCommit, tombstone } from "./store-rows-suite.ts";
import type { TestedStore, TestTools } from "./store-world-suite.ts";

export function describeSpaces({ describe, expect, test }: TestTools, tested: TestedStore): void {
  describe("spaces", () => {
    test("a group without changes makes a space, whose first version is still 1", async () => {
      const store = await tested.start();
      await store.commit(made("main", 0));

      await tested.world.reopen();

      expect(tested.world.space("main")).toMatchObject({ creationId: "main#1", log: [], lineage: [] });
      await tested.world.store.commit(group({ name: "main", first: 1 }));
    });

    test("[A3] a group of nothing but history is stored: its space came and went within it", async () => {
      const store = await tested.start();

      await store.commit({ at: START, ageAt: START, spaces: [], history: [evicted("output/c1", 2)], answers: [] });

      await tested.world.reopen();
      expect(await tested.world.store.readHistory({ space: "output/c1", limit: 9 })).toMatchObject([{ version: 2 }]);
    });

    test("a space that is removed leaves nothing but its history", async () => {
      const store = await tested.start();
      await store.commit({ ...made("output/c1", 2), history: [evicted("output/c1", 2)] });
      await store.fold(fold("output/c1", 2, { records: [record("a", 1)], tombstones: [tombstone("b", 2)] }));

      await store.commit(removed("output/c1", 3));

      expect(await store.readLog({ space: "output/c1", afterVersion: 0, limit: 10 })).toEqual([]);
      await tested.world.reopen();
      expect(tested.world.contents.spaces).toEqual([]);
      expect(await tested.world.store.readHistory({ space: "output/c1", limit: 10 })).toHaveLength(1);
    });

    test("[E3] a space made again under an old name begins anew, under a new creation id", async () => {
      const store = await tested.start();
      await store.commit({
        ...made("main", 3),
        spaces: [spaceCommit({ name: "main", first: 1, count: 3, makes: 1, epoch: "term-1" })],
      });
      await store.fold(fold("main", 3, { records: [record("a", 3)], tombstones: [tombstone("b", 2)], floor: 1 }));

      await store.commit(group({ name: "main", first: 1, makes: 2 }));

      await tested.world.reopen();
      const expected = {
        name: "main",
        creationId: "main#2",
        foldedVersion: 0,
        tombstoneFloor: 0,
        lineage: [],
        records: [],
        tombstones: [],
        digest: null,
      };
      expect(tested.world.contents.spaces).toMatchObject([{ ...expected, log: [{ firstVersion: 1, lastVersion: 1 }] }]);
      expect(await tested.world.store.readLog({ space: "main", afterVersion: 0, limit: 10 })).toHaveLength(1);
    });

    test("removed and made again in one group", async () => {
      const store = await tested.start();
      await store.commit(made("main", 2));

      const again = { ...group({ name: "main", first: 1, makes: 2 }) };
      await store.commit({ ...again, spaces: [...removed("main", 3).spaces, ...again.spaces] });

      await tested.world.reopen();
      expect(tested.world.contents.spaces).toMatchObject([{ creationId: "main#2", log: [{ lastVersion: 1 }] }]);
    });

    test("made and removed in one group", async () => {
      const store = await tested.start();
      await store.commit({ ...made("x", 1), spaces: [...made("x", 1).spaces, ...removed("x", 2).spaces] });

      await tested.world.reopen();

      expect(tested.world.contents.spaces).toEqual([]);
    });
  });
}
