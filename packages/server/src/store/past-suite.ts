/** The past suite is the part of the contract suite that is about the log and the history. */

import type { Store } from "./contract.ts";
import { evicted, fold, group, HOUR_MS, logOf, made, record, removed, START } from "./store-rows-suite.ts";
import type { TestedStore, TestTools } from "./store-world-suite.ts";

export function describePast({ describe, expect, test }: TestTools, tested: TestedStore): void {
  describe("log", () => {
    test("it is read by whole groups from a version on", async () => {
      const store = await tested.start();
      await store.commit(made("main", 3));
      await store.commit(group({ name: "main", first: 4, count: 2 }));
      await store.commit(group({ name: "main", first: 6 }));

      const from = async (afterVersion: number, limit = 10) =>
        (await store.readLog({ space: "main", afterVersion, limit })).map((row) => [row.firstVersion, row.lastVersion]);

      expect(await from(0)).toEqual([
        [1, 3],
        [4, 5],
        [6, 6],
      ]);
      expect(await from(2)).toEqual([
        [1, 3],
        [4, 5],
        [6, 6],
      ]);
      expect(await from(3, 1)).toEqual([[4, 5]]);
      expect(await from(5)).toEqual([[6, 6]]);
      expect(await from(6)).toEqual([]);
    });

    test("it holds no more changes than allowed once they are folded: whole groups go, the oldest first", async () => {
      const store = await tested.start({ logChanges: 5 });
      await store.commit(made("main", 3));
      await store.commit(group({ name: "main", first: 4, count: 3 }));
      await store.commit(group({ name: "main", first: 7, count: 2 }));

      await store.fold(fold("main", 8, { records: [record("a", 8)] }));

      expect(await logOf(store, "main")).toEqual([4, 7]);
    });

    test("groups older than 24 h go, measured against the newest commit", async () => {
      const store = await tested.start();
      await store.commit(made("main", 1));
      await store.commit(group({ name: "main", first: 2, at: START + HOUR_MS }));
      await store.commit(group({ name: "main", first: 3, at: START + 24 * HOUR_MS }));
      await store.fold(fold("main", 3, {}));
      expect(await logOf(store, "main")).toEqual([1, 2, 3]);

      await store.commit(group({ name: "main", first: 4, at: START + 24 * HOUR_MS + 1 }));
      await store.fold(fold("main", 4, {}));

      expect(await logOf(store, "main")).toEqual([2, 3, 4]);
    });

    test("a clock set back deletes nothing", async () => {
      const store = await tested.start();
      await store.commit(made("main", 1));
      await store.commit(group({ name: "main", first: 2, at: START - 1_000 * HOUR_MS }));

      await store.fold(fold("main", 2, {}));

      expect(await logOf(store, "main")).toEqual([1, 2]);
    });

    test("what is not folded is never trimmed", async () => {
      const store = await tested.start({ logChanges: 2 });
      await store.commit(made("main", 2));
      await store.commit(group({ name: "main", first: 3, count: 2, at: START + 100 * HOUR_MS }));
      await store.commit(group({ name: "main", first: 5, count: 2, at: START + 200 * HOUR_MS }));

      await store.fold(fold("main", 2, {}));

      expect(await logOf(store, "main")).toEqual([3, 5]);
      await tested.world.reopen();
      expect(tested.world.space("main").log.map((row) => row.firstVersion)).toEqual([3, 5]);
    });

    test("the retention counts the changes of all spaces together, in the order of the commits", async () => {
      const store = await tested.start({ logChanges: 4 });
      await store.commit(made("a", 2));
      await store.commit(made("b", 2));
      await store.commit(group({ name: "a", first: 3, count: 2 }));

      await store.fold(fold("a", 4, {}));
      expect([await logOf(store, "a"), await logOf(store, "b")]).toEqual([[3], [1]]);

      await store.commit(group({ name: "a", first: 5 }));
      await store.fold(fold("a", 5, {}));
      expect([await logOf(store, "a"), await logOf(store, "b")]).toEqual([[3, 5], [1]]);

      await store.fold(fold("b", 2, {}));
      expect([await logOf(store, "a"), await logOf(store, "b")]).toEqual([[3, 5], []]);
    });
  });

  describe("epochs", () => {
    test("[B55] the oldest epochs beyond the bound go with their lineage rows, once nothing that is kept names them", async () => {
      await tested.start({ epochs: 3, chainEntries: 4, logChanges: 2 });
      const store = tested.world.store;
      await store.commit(group({ name: "main", first: 1, makes: 1, epoch: "term-1" }));
      await store.commit(group({ name: "quiet", first: 1, makes: 1, epoch: "term-1" }));
      for (const version of [2, 3, 4, 5]) {
        const next = await tested.world.reopen();
        await next.commit(group({ name: "main", first: version, epoch: `term-${version}` }));
      }
      expect(tested.world.contents.epochs).toEqual(["term-1", "term-2", "term-3", "term-4"]);

      const { store: last } = tested.world;
      await last.fold(fold("quiet", 1, {}));
      await last.fold(fold("main", 5, { records: [record("a", 5)] }));
      await last.close();
      const { epochs, spaces } = await last.read();

      expect(epochs).toEqual(["term-3", "term-4", "term-5"]);
      const lineages = new Map(spaces.map(({ name, lineage }) => [name, lineage.map(({ epoch }) => epoch)]));
      expect(lineages.get("main")).toEqual(epochs);
      expect(lineages.get("quiet")).toEqual([]);
    });

    test("[B55] an epoch that an entry names stays, however many there are", async () => {
      await tested.start({ epochs: 1 });
      await tested.world.store.commit(group({ name: "main", first: 1, makes: 1, epoch: "term-1" }));
      const store = await tested.world.reopen();

      await store.fold(fold("main", 1, {}));
      await tested.world.reopen();

      expect(tested.world.contents.epochs).toEqual(["term-1", "term-2"]);
      expect(tested.world.space("main").lineage).toEqual([{ epoch: "term-1", firstVersion: 1 }]);
    });
  });

  describe("history", () => {
    test("[S3] what was evicted is read by space, collection and version", async () => {
      const store = await tested.start();
      const rows = [1, 2, 3, 4, 5, 6].map((version) =>
        evicted("main", version, version % 2 === 0 ? "events" : "commands"),
      );
      await store.commit({
        ...made("main", 6),
        spaces: [...made("main", 6).spaces, ...made("other", 1).spaces],
        history: [...rows, evicted("other", 1)],
      });
      const versions = async (query: object) =>
        (await store.readHistory({ space: "main", limit: 10, ...query })).map((row) => row.version);

      const found = await store.readHistory({ space: "main", limit: 10 });
      expect(found).toEqual(rows.map((row, index) => ({ ...row, position: index + 1 })));
      expect(await versions({ limit: 2 })).toEqual([1, 2]);
      expect(await versions({ after: 2, limit: 2 })).toEqual([3, 4]);
      expect(await versions({ before: 5, limit: 2 })).toEqual([3, 4]);
      expect(await versions({ after: 1, before: 4 })).toEqual([2, 3]);
      expect(await versions({ collection: "events" })).toEqual([2, 4, 6]);
      expect(await versions({ collection: "events", before: 6, limit: 1 })).toEqual([4]);
      expect(await versions({ collection: "commands", after: 1 })).toEqual([3, 5]);
      expect(await versions({ space: "nowhere" })).toEqual([]);
    });

    test("[S3] a space made again under an old name goes on in the history, and its rows are told apart", async () => {
      const store = await tested.start();
      const first = [1, 2, 3].map((version) => evicted("x", version));
      await store.commit({ ...made("x", 3), history: first });
      await store.commit(removed("x", 4));
      const again = [1, 2, 3].map((version) => evicted("x", version, "events", 2));
      await store.commit({ ...group({ name: "x", first: 1, count: 3, makes: 2 }), history: again });

      const page = await store.readHistory({ space: "x", limit: 3 });
      const next = await store.readHistory({ space: "x", after: page.at(-1)?.position ?? 0, limit: 3 });
      const last = await store.readHistory({ space: "x", before: next[0]?.position ?? 0, limit: 2 });
      const ofSecond = await store.readHistory({ space: "x", creationId: "x#2", limit: 10 });

      expect(page).toMatchObject(first);
      expect(next).toMatchObject(again);
      expect(last).toMatchObject(first.slice(1));
      expect(ofSecond).toEqual(next);
    });

    test("rows that are named by their positions go, whatever space they left, and their positions never come again", async () => {
      const store = await tested.start();
      const rows = [1, 2, 3, 4].map((version) => evicted("main", version, version % 2 === 0 ? "events" : "commands"));
      await store.commit({
        ...made("main", 4),
        spaces: [...made("main", 4).spaces, ...made("other", 1).spaces],
        history: [...rows, evicted("other", 1)],
      });

      expect(await store.dropHistory([2, 5, 77])).toBe(2);
      expect(await store.dropHistory([2])).toBe(0);
      const left = await store.readHistory({ space: "main", limit: 9 });
      expect(left.map(({ position }) => position)).toEqual([1, 3, 4]);
      expect(await store.readHistory({ space: "other", limit: 9 })).toEqual([]);

      expect(await store.dropHistory([1, 3, 4])).toBe(3);
      const again = await tested.world.reopen();
      await again.commit({ ...group({ name: "main", first: 5 }), history: [evicted("main", 5)] });
      expect(await again.readHistory({ space: "main", limit: 9 })).toMatchObject([{ position: 6, version: 5 }]);
    });

    test("[S3] a position never comes again, though all rows before it are gone and the store was opened anew", async () => {
      const store = await tested.start({ historyRows: 0 });
      await store.commit({ ...made("main", 2), history: [evicted("main", 1), evicted("main", 2)] });
      await store.fold(fold("main", 2, {}));
      expect(await store.readHistory({ space: "main", limit: 9 })).toEqual([]);

      const again = await tested.world.reopen();
      await again.commit({ ...group({ name: "main", first: 3 }), history: [evicted("main", 3)] });

      expect(await again.readHistory({ space: "main", limit: 9 })).toMatchObject([{ position: 3, version: 3 }]);
    });

    test("[S9] with a space that is not archived its history goes, and that of every other space stays", async () => {
      const store = await tested.start();
      const first = [1, 2].map((version) => evicted("x", version));
      await store.commit({ ...made("x", 2), history: first });
      await store.commit(removed("x", 3));
      const second = [1, 2].map((version) => evicted("x", version, "events", 2));
      await store.commit({ ...group({ name: "x", first: 1, count: 2, makes: 2 }), history: second });
      await store.commit({ ...made("y", 1), history: [evicted("y", 1)] });
      const read = async (of: Store) => {
        const spaces = await Promise.all(["x", "y"].map((space) => of.readHistory({ space, limit: 9 })));
        return spaces.flat().map(({ creationId, version, position }) => [creationId, version, position]);
      };

      await store.commit(removed("x", 3, false));

      const left = [
        ["x#1", 1, 1],
        ["x#1", 2, 2],
        ["y#1", 1, 5],
      ];
      expect(await read(store)).toEqual(left);
      expect(await store.readHistory({ space: "x", creationId: "x#2", limit: 9 })).toEqual([]);
      expect(await read(await tested.world.reopen())).toEqual(left);
      await tested.world.store.fold(fold("y", 1, {}));
      expect(await read(tested.world.store)).toEqual(left);
    });

    test("[S9] what a space that is not archived takes with it is cleared away, and no position comes again", async () => {
      const store = await tested.start();
      await store.commit(made("main", 1));
      const history = [1, 2, 3].map((version) => evicted("x", version));
      await store.commit({ ...made("x", 3), history });
      await store.commit(removed("x", 4, false));
      await store.fold(fold("main", 1, {}));
      expect(store.metrics()).toMatchObject({ store_history_rows: 0, store_history_chars: 0 });

      const again = await tested.world.reopen();
      await again.commit({ ...group({ name: "main", first: 2 }), history: [evicted("main", 2)] });

      expect(await again.readHistory({ space: "main", limit: 9 })).toMatchObject([{ position: 4, version: 2 }]);
    });

    test("it comes back after a reopen", async () => {
      const store = await tested.start();
      await store.commit({ ...made("main", 1), history: [evicted("main", 1)] });

      const again = await tested.world.reopen();

      expect(await again.readHistory({ space: "main", limit: 10 })).toMatchObject([evicted("main", 1)]);
    });

    test("[B24] it is bounded by its characters too, and counted", async () => {
      const store = await tested.start({ historyChars: 2 * evicted("main", 1).text.length });
      await store.commit({ ...made("main", 5), history: [1, 2, 3, 4, 5].map((version) => evicted("main", version)) });

      await store.fold(fold("main", 5, {}));

      expect((await store.readHistory({ space: "main", limit: 10 })).map((row) => row.version)).toEqual([4, 5]);
      expect(store.metrics()).toMatchObject({
        store_history_rows: 2,
        store_history_chars: 2 * evicted("main", 1).text.length,
      });
    });

    test("[A10] it is bounded in number and in age", async () => {
      const store = await tested.start({ historyRows: 3, historyAgeMs: HOUR_MS });
      await store.commit({ ...made("main", 5), history: [1, 2, 3, 4, 5].map((version) => evicted("main", version)) });
      await store.fold(fold("main", 5, {}));
      expect((await store.readHistory({ space: "main", limit: 10 })).map((row) => row.version)).toEqual([3, 4, 5]);

      const at = START + HOUR_MS + 1;
      await store.commit({ ...group({ name: "main", first: 6, at }), history: [{ ...evicted("main", 6), at }] });
      await store.fold(fold("main", 6, {}));

      expect((await store.readHistory({ space: "main", limit: 10 })).map((row) => row.version)).toEqual([6]);
    });
  });
}
