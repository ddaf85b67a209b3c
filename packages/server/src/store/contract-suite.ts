/** The contract suite is the tests that every store passes, shared or exclusive. Whoever writes a store runs it, with Vitest. */

import { describeAnswers } from "./answers-suite.ts";
import { describeChain } from "./chain-suite.ts";
import type { Store } from "./contract.ts";
import { describeFolds } from "./folds-suite.ts";
import { describePast } from "./past-suite.ts";
import { describePoints } from "./points/points-suite.ts";
import type { Retention } from "./retention.ts";
import { describeSpaces } from "./spaces-suite.ts";
import {
  answer,
  asked,
  attempt,
  chainOf,
  changesText,
  fold,
  group,
  heads,
  made,
  START,
  spaceCommit,
} from "./store-rows-suite.ts";
import { type MakeHarness, type TestTools, World } from "./store-world-suite.ts";

export { type CopyHarness, describeCopies } from "./copy/copies-suite.ts";
export { describeExclusiveStore } from "./exclusive-suite.ts";
export { describeSharedStore, type SharedStoreHarness } from "./shared-suite.ts";
export {
  answer,
  asked,
  attempt,
  chainOf,
  changesText,
  evicted,
  fold,
  group,
  made,
  record,
  removed,
  START,
  spaceCommit,
  tombstone,
} from "./store-rows-suite.ts";
export { type MakeHarness, opened, type StoreHarness, type TestTools } from "./store-world-suite.ts";

export function describeStore(tools: TestTools, name: string, makeHarness: MakeHarness): void {
  const { afterEach, beforeEach, describe, expect, test } = tools;

  describe(`${name}: the contract of every store`, () => {
    let world: World;

    async function start(retention?: Partial<Retention>): Promise<Store> {
      world = new World(await makeHarness(retention));
      return world.open();
    }

    beforeEach(() => {
      world = World.none;
    });

    afterEach(async () => {
      await world.end();
    });

    describe("read and takeOver", () => {
      test("a new store is empty", async () => {
        await start();

        expect(world.contents).toEqual({ epochs: [], spaces: [], head: null, takeover: null, ageAt: null });
      });

      test("[E1] epochs come back in their order", async () => {
        await start();
        await world.reopen();

        await world.reopen();

        expect(world.contents.epochs).toEqual(["term-1", "term-2"]);
      });

      test("[E1] a takeover is an entry behind the newest one, and the newest takeover comes back with who made it", async () => {
        const store = await start();
        await store.commit(made("main", 1));
        await store.close();
        const { head } = await store.read();
        const takeover = {
          epoch: "second",
          address: "10.0.0.2:80",
          model: 7,
          at: START + 2,
          ageAt: START + 1,
          after: head,
        };

        const place = await store.takeOver(takeover);

        expect(place).toEqual({ sequence: 3, term: "second" });
        await store.commit({ ...group({ name: "main", first: 2 }), ageAt: START + 4 });
        await store.close();
        expect(await store.read()).toMatchObject({
          epochs: ["term-1", "second"],
          head: { sequence: 4, term: "second" },
          takeover: {
            type: "takeover",
            sequence: 3,
            term: "second",
            termBefore: "term-1",
            at: START + 2,
            ageAt: START + 1,
            address: "10.0.0.2:80",
            model: 7,
          },
          ageAt: START + 4,
        });
      });

      test("[A1] a takeover behind another entry than the newest one is fenced, stores nothing, and ends the term", async () => {
        const store = await start();
        await store.commit(made("main", 1));
        const takeover = { epoch: "late", address: null, model: 1, at: START, ageAt: START };

        for (const after of [null, { sequence: 1, term: "term-1" }, { sequence: 2, term: "another" }])
          await expect(store.takeOver({ ...takeover, after })).rejects.toMatchObject({ outcome: "fenced" });

        await expect(attempt(() => store.commit(group({ name: "main", first: 2 })))).rejects.toMatchObject({
          outcome: "fenced",
        });
        await world.reopen();
        expect(world.contents).toMatchObject({ epochs: ["term-1"], head: { sequence: 2, term: "term-1" } });
      });

      test("a store may take over again and again, and writes in its newest term", async () => {
        const store = await start();
        await store.commit(made("main", 1));
        const again = { epoch: "again", address: null, model: 1, at: START, ageAt: START };

        const place = await store.takeOver({ ...again, after: { sequence: 2, term: "term-1" } });
        await store.commit(group({ name: "main", first: 2 }));

        expect(place).toEqual({ sequence: 3, term: "again" });
        expect((await chainOf(store)).map(({ sequence, term }) => `${sequence} ${term}`)).toEqual([
          "1 term-1",
          "2 term-1",
          "3 again",
          "4 again",
        ]);
      });

      test("[A1] a store that has not taken over writes nothing", async () => {
        const store = await start();
        await store.commit({ ...made("main", 1), answers: [answer("k1")] });
        await store.close();
        await store.read();

        const calls = [
          () => store.commit(group({ name: "main", first: 2 })),
          () => store.fold(fold("main", 1, {})),
          () => store.beat(),
          () => store.findAnswer(asked("k1")).then(() => {}),
        ];
        for (const call of calls) await expect(attempt(call)).rejects.toMatchObject({ outcome: "fenced" });
        expect(await store.readLog({ space: "main", afterVersion: 0, limit: 9 })).toHaveLength(1);
      });

      test("the newest entry and the beat are confirmed; the beat goes up", async () => {
        const store = await start();
        await store.commit(made("main", 1));
        const before = await store.confirm();

        await store.beat();

        expect(before).toMatchObject({ head: { sequence: 2, term: "term-1" }, beat: before.beat, sure: true });
        expect(await store.confirm()).toEqual({ ...before, beat: before.beat + 1 });
      });
    });

    describe("commit", () => {
      test("[A1] what was committed is there after a reopen, group by group", async () => {
        const store = await start();
        await store.commit(made("main", 3));
        await store.commit(group({ name: "main", first: 4, count: 2, at: START + 5 }));

        await world.reopen();

        const space = world.space("main");
        expect(space).toMatchObject({
          creationId: "main#1",
          foldedVersion: 0,
          tombstoneFloor: 0,
          records: [],
          tombstones: [],
          digest: null,
        });
        expect(space.log).toEqual([
          { space: "main", firstVersion: 1, lastVersion: 3, at: START, changes: changesText(1, 3) },
          { space: "main", firstVersion: 4, lastVersion: 5, at: START + 5, changes: changesText(4, 2) },
        ]);
      });

      test("[A2] one group moves several spaces, each in its own numbers", async () => {
        const store = await start();
        await store.commit(made("main", 2));

        await store.commit({
          ...made("output/c1", 1),
          spaces: [...made("output/c1", 1).spaces, ...group({ name: "main", first: 3 }).spaces],
        });

        await world.reopen();
        expect(heads(world.contents)).toEqual({ main: 3, "output/c1": 1 });
      });

      test("a group with a gap in its numbers is a bug, and stores nothing", async () => {
        const store = await start();
        await store.commit(made("main", 1));

        await expect(
          attempt(() => store.commit({ ...group({ name: "main", first: 3 }), answers: [answer("k")] })),
        ).rejects.toThrow(/assertion failed/);
        await expect(attempt(() => store.commit(group({ name: "elsewhere", first: 1 })))).rejects.toThrow(
          /assertion failed/,
        );

        expect(await store.findAnswer(asked("k"))).toBeNull();
        await store.commit(group({ name: "main", first: 2 }));
        await world.reopen();
        expect(heads(world.contents)).toEqual({ main: 2 });
      });

      test("text comes back as it went in", async () => {
        const store = await start();
        const changes = JSON.stringify([{ type: "event", target: "größe 😀 \u2028 '\"", data: { text: "a\u0000b" } }]);

        await store.commit({
          ...made("main", 1),
          spaces: [{ ...spaceCommit({ name: "main", first: 1, makes: 1 }), changes: { text: changes } }],
        });

        await world.reopen();
        expect(world.space("main").log[0]?.changes).toBe(changes);
      });

      test("[E1] a lineage row is stored with the first change of its epoch", async () => {
        const store = await start();
        await store.commit({
          ...made("main", 2),
          spaces: [spaceCommit({ name: "main", first: 1, count: 2, makes: 1, epoch: "term-1" })],
        });
        await store.commit(group({ name: "main", first: 3 }));
        await world.reopen();
        const third = await world.reopen();
        await third.commit(group({ name: "main", first: 4, epoch: "term-3" }));

        await world.reopen();

        expect(world.contents.epochs).toEqual(["term-1", "term-2", "term-3"]);
        expect(world.space("main").lineage).toEqual([
          { epoch: "term-1", firstVersion: 1 },
          { epoch: "term-3", firstVersion: 4 },
        ]);
      });
    });

    const tested = {
      start,
      get world() {
        return world;
      },
    };
    describeSpaces(tools, tested);
    describeFolds(tools, tested);
    describeAnswers(tools, tested);
    describePast(tools, tested);
    describePoints(tools, tested);
    describeChain(tools, start, () => world.reopen());

    test("its metrics are numbers with names", async () => {
      const store = await start();
      await store.commit(made("main", 1));

      const metrics = store.metrics();

      expect(metrics.store_commits_total).toBe(1);
      expect(Object.values(metrics).every(Number.isFinite)).toBe(true);
    });
  });
}
