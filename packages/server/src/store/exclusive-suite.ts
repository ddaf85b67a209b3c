/** The exclusive suite is what only a store passes that locks its data: one in a file, or in the memory of one process. */

import { point } from "./points/points-suite.ts";
import { answer, asked, chainOf, evicted, fold, group, made, record } from "./store-rows-suite.ts";
import { type MakeHarness, opened, type TestTools, World } from "./store-world-suite.ts";

export function describeExclusiveStore(tools: TestTools, name: string, makeHarness: MakeHarness): void {
  const { afterEach, beforeEach, describe, expect, test } = tools;

  describe(`${name}: the contract of an exclusive store`, () => {
    let world: World;

    beforeEach(async () => {
      world = new World(await makeHarness());
    });

    afterEach(async () => {
      await world.end();
    });

    test("a second store on the same data is refused, and the first one goes on", async () => {
      const store = await world.open();

      await expect(world.harness.store().read()).rejects.toMatchObject({ code: "store_locked" });

      await store.commit(made("main", 2));
      await world.reopen();
      expect(world.space("main").log).toHaveLength(1);
    });

    test("a closed store gives its lock away and can be opened again", async () => {
      const store = await world.open();
      await store.commit(made("main", 1));
      await store.close();

      const contents = await opened(store);

      expect(contents.spaces.map((space) => space.name)).toEqual(["main"]);
      await store.commit(group({ name: "main", first: 2 }));
    });

    describe("backup", () => {
      test("it is the store as it was when it was made", async () => {
        const store = await world.open();
        await store.commit({ ...made("main", 3), history: [evicted("main", 1)], answers: [answer("k1")] });
        await store.fold(fold("main", 3, { records: [record("a", 3)] }));
        await store.commit(group({ name: "main", first: 4 }));
        await store.appendPoints([point(100, "a", "1;")]);
        const path = world.harness.backupPath();

        await store.backup(path);
        await store.commit(group({ name: "main", first: 5 }));
        await store.appendPoints([point(100, "a", "2;")]);

        const copy = world.harness.restored(path);
        const contents = await opened(copy);
        expect(contents).toMatchObject({
          epochs: ["term-1"],
          head: { sequence: 3, term: "term-1" },
          spaces: [{ foldedVersion: 3, records: [record("a", 3)], log: [{ lastVersion: 4 }] }],
        });
        expect(await copy.findAnswer(asked("k1"))).toEqual(answer("k1"));
        expect(await copy.readHistory({ space: "main", limit: 10 })).toHaveLength(1);
        expect(await chainOf(copy)).toHaveLength(4);
        expect(await copy.readPoints({ step: 10, series: "a", from: 0, to: 900 })).toEqual([point(100, "a", "1;")]);
        await copy.close();
      });

      test("it writes over nothing", async () => {
        const store = await world.open();
        const path = world.harness.backupPath();
        await store.backup(path);

        await expect(store.backup(path)).rejects.toMatchObject({ code: "store_unavailable" });
      });
    });
  });
}
