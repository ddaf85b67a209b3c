/** The exclusive suite is what only a store passes that locks its data: one in a file, or in the memory of one process. */

import { group, made } from "./store-rows-suite.ts";
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
  });
}
