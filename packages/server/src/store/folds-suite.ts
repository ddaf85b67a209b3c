/** The folds suite is the part of the contract suite that is about folds and what they trim. */

import { fold, group, made, record, removed, sorted, spaceCommit, tombstone } from "./store-rows-suite.ts";
import type { TestedStore, TestTools } from "./store-world-suite.ts";

export function describeFolds({ describe, expect, test }: TestTools, tested: TestedStore): void {
  describe("fold", () => {
    test("the next open gives the folded records and the log after them", async () => {
      const store = await tested.start();
      await store.commit(made("main", 3));
      await store.commit(group({ name: "main", first: 4 }));
      await store.fold(fold("main", 3, { records: [record("a", 2), record("b", 3)], tombstones: [tombstone("c", 1)] }));

      await tested.world.reopen();

      const space = tested.world.space("main");
      expect(space.foldedVersion).toBe(3);
      expect(sorted(space.records)).toEqual([record("a", 2), record("b", 3)]);
      expect(space.tombstones).toEqual([tombstone("c", 1)]);
      expect(space.log).toMatchObject([{ firstVersion: 4, lastVersion: 4 }]);
    });

    test("a fold adds to the one before: records change, go, and come back", async () => {
      const store = await tested.start();
      await store.commit(made("main", 9));
      await store.commit(group({ name: "main", first: 10 }));
      await store.fold(
        fold("main", 9, {
          records: [record("a", 1), record("b", 2), record("c", 3)],
          tombstones: [tombstone("d", 4)],
        }),
      );

      await store.fold(
        fold("main", 10, { records: [record("a", 10), record("d", 10)], tombstones: [tombstone("b", 10)] }),
      );

      await tested.world.reopen();
      expect(sorted(tested.world.space("main").records)).toEqual([record("a", 10), record("c", 3), record("d", 10)]);
      expect(tested.world.space("main").tombstones).toEqual([tombstone("b", 10)]);
    });

    test("records of the same id in different collections and spaces are different records", async () => {
      const store = await tested.start();
      await store.commit({ ...made("main", 1), spaces: [...made("main", 1).spaces, ...made("other", 1).spaces] });
      const event = { ...record("a", 1), collection: "events" };

      await store.fold(fold("main", 1, { records: [record("a", 1), event] }));
      await store.fold(fold("other", 1, { tombstones: [tombstone("a", 1)] }));

      await tested.world.reopen();
      expect(sorted(tested.world.space("main").records)).toEqual([event, record("a", 1)]);
      expect(tested.world.space("other").tombstones).toEqual([tombstone("a", 1)]);
    });

    test("thousands of rows, in one fold", async () => {
      const store = await tested.start();
      const ids = Array.from({ length: 3_000 }, (_, index) => `r${index}`);
      await store.commit(made("main", ids.length));
      const records = ids.map((id, index) => record(id, index + 1));

      await store.fold(fold("main", ids.length, { records }));

      await tested.world.reopen();
      expect(sorted(tested.world.space("main").records)).toEqual(sorted(records));
    });

    test("commits go on while a fold runs", async () => {
      const store = await tested.start();
      const count = 2_000;
      await store.commit(made("main", count));
      const records = Array.from({ length: count }, (_, index) => record(`r${index}`, index + 1));

      const folded = store.fold(fold("main", count, { records }));
      for (let version = count + 1; version <= count + 20; version += 1)
        await store.commit(group({ name: "main", first: version }));
      await folded;

      await tested.world.reopen();
      expect(tested.world.space("main").records).toHaveLength(count);
      expect(tested.world.space("main").log).toHaveLength(20);
    });

    test("[A5] tombstones at or below the floor are dropped, and the floor is kept", async () => {
      const store = await tested.start();
      await store.commit(made("main", 5));
      await store.fold(
        fold("main", 5, { tombstones: [tombstone("a", 1), tombstone("b", 2), tombstone("c", 3)], floor: 2 }),
      );

      await tested.world.reopen();

      expect(tested.world.space("main").tombstones).toEqual([tombstone("c", 3)]);
      expect(tested.world.space("main").tombstoneFloor).toBe(2);
    });

    test("a fold of a space that is gone, or that was made again, does nothing", async () => {
      const store = await tested.start();
      await store.commit({ ...made("gone", 1), spaces: [...made("gone", 1).spaces, ...made("again", 1).spaces] });
      await store.commit({
        ...removed("gone", 2),
        spaces: [...removed("gone", 2).spaces, spaceCommit({ name: "again", first: 1, makes: 2 })],
      });

      await store.fold(fold("gone", 1, { records: [record("a", 1)] }));
      await store.fold(fold("again", 1, { records: [record("a", 1)] }));

      await tested.world.reopen();
      expect(tested.world.contents.spaces).toMatchObject([
        { name: "again", creationId: "again#2", foldedVersion: 0, records: [] },
      ]);
    });

    test("[G2] the digest of a clean close comes back with its version, and goes with the next fold without one", async () => {
      const store = await tested.start();
      await store.commit(made("main", 2));
      await store.fold({ ...fold("main", 2, { records: [record("a", 2)] }), digest: "0123456789abcdef" });
      const second = await tested.world.reopen();
      expect(tested.world.space("main").digest).toEqual({ version: 2, digest: "0123456789abcdef" });

      await second.commit(group({ name: "main", first: 3 }));
      await second.fold(fold("main", 3, {}));

      await tested.world.reopen();
      expect(tested.world.space("main").digest).toBeNull();
    });
  });
}
