/** The shared suite is what only a store passes that several processes share: terms, fences, following. */

import { type ChainEntry, type ChainHead, RowsLost, type Store } from "./contract.ts";
import type { SharedStore } from "./node-table.ts";
import { describeNodeTable } from "./node-table-suite.ts";
import { point, writesOf } from "./points/points-suite.ts";
import type { Retention } from "./retention.ts";
import {
  answer,
  asked,
  attempt,
  chainOf,
  fold,
  group,
  logOf,
  made,
  record,
  removed,
  START,
} from "./store-rows-suite.ts";
import { opened, type StoreHarness, type TestTools } from "./store-world-suite.ts";

export interface SharedStoreHarness extends StoreHarness {
  /** It returns the store of another process each time. */
  store(): SharedStore;
  /** The next commit or takeover ends with an unknown outcome. `isStored` says whether it is carried out. */
  loseNextAnswer(isStored: boolean): void;
}

export function describeSharedStore(
  tools: TestTools,
  name: string,
  makeHarness: (retention?: Partial<Retention>) => Promise<SharedStoreHarness>,
): void {
  const { afterEach, beforeEach, describe, expect, test } = tools;
  const FENCED = { name: "StoreFailure", outcome: "fenced" };
  const UNKNOWN = { name: "StoreFailure", outcome: "unknown" };

  describe(`${name}: the contract of a shared store`, () => {
    let harness: SharedStoreHarness;
    let stores: SharedStore[];

    beforeEach(async () => {
      harness = await makeHarness();
      stores = [];
    });

    afterEach(async () => {
      for (const store of stores) await store.close();
      await harness.end();
    });

    function another(): SharedStore {
      const store = harness.store();
      stores.push(store);
      return store;
    }

    /** The first process writes, and the second one has read the same. */
    async function writerAndReader(): Promise<{ writer: Store; reader: Store }> {
      const [writer, reader] = [another(), another()];
      await opened(writer);
      await writer.commit(made("main", 2));
      await reader.read();
      return { writer, reader };
    }

    test("one reads and follows what the other writes, entry by entry", async () => {
      const { writer, reader } = await writerAndReader();
      expect(await placesOf(reader, 2)).toEqual([]);

      await writer.commit(group({ name: "main", first: 3 }));
      await writer.commit(made("x", 1));
      await writer.commit(removed("x", 2));

      expect(await chainOf(reader, 2)).toEqual(await chainOf(writer, 2));
      expect(await placesOf(reader, 2)).toEqual(["3 term-1", "4 term-1", "5 term-1"]);
      expect(await logOf(reader, "main")).toEqual([1, 3]);
    });

    test("[W4] a writer that looks an answer up while it commits goes on, and finds what is there", async () => {
      const { writer } = await writerAndReader();
      await writer.commit({ ...group({ name: "main", first: 3 }), answers: [answer("k1")] });

      for (let first = 4; first < 24; first += 1) {
        const commit = writer.commit(group({ name: "main", first }));
        expect(await writer.findAnswer(asked("k1"))).toEqual(answer("k1"));
        await commit;
      }
    });

    test("[A1] whoever takes over ends the term of the other, which then stores, folds and finds nothing", async () => {
      const { writer, reader } = await writerAndReader();
      await writer.commit({ ...group({ name: "main", first: 3 }), answers: [answer("k1")] });
      await writer.appendPoints([point(100, "a", "1;")]);
      await take(reader, "second", await headOf(reader));

      const calls = [
        ...writesOf(writer),
        () => writer.commit({ ...group({ name: "main", first: 4 }), answers: [answer("k2")] }),
        () => writer.commit(group({ name: "main", first: 4 })),
        () => writer.fold(fold("main", 3, { records: [record("a", 3)] })),
        () => writer.beat(),
        () => writer.findAnswer(asked("k1")).then(() => {}),
      ];
      for (const call of calls) await expect(attempt(call)).rejects.toMatchObject(FENCED);

      expect(await placesOf(reader)).toEqual(["1 term-1", "2 term-1", "3 term-1", "4 second"]);
      expect(await reader.findAnswer(asked("k1"))).toEqual(answer("k1"));
      expect(await reader.findAnswer(asked("k2"))).toBeNull();
      expect(await writer.readPoints({ step: 10, series: "a", from: 0, to: 900 })).toEqual([point(100, "a", "1;")]);
      expect((await another().read()).spaces).toMatchObject([{ foldedVersion: 0, records: [] }]);
    });

    test.each(["beat", "findAnswer", "fold", "appendPoints", "dropPoints", "dropHistory"] as const)(
      "[A1] a paused writer learns by its first %s that its term is over",
      async (what) => {
        const { writer, reader } = await writerAndReader();
        await take(reader, "second", await headOf(reader));
        await reader.commit(group({ name: "main", first: 3 }));
        const calls = {
          beat: () => writer.beat(),
          findAnswer: () => writer.findAnswer(asked("k1")).then(() => {}),
          fold: () => writer.fold(fold("main", 2, {})),
          appendPoints: () => writer.appendPoints([point(100, "a", "1;")]).then(() => {}),
          dropPoints: () => writer.dropPoints({ step: 10, series: "a" }).then(() => {}),
          dropHistory: () => writer.dropHistory([1]).then(() => {}),
        };

        await expect(attempt(calls[what])).rejects.toMatchObject(FENCED);
        await expect(attempt(() => writer.commit(group({ name: "main", first: 3 })))).rejects.toMatchObject(FENCED);
      },
    );

    test("a writer that was paused follows what it missed, takes over again, and goes on with its numbers", async () => {
      const { writer, reader } = await writerAndReader();
      await take(reader, "second", await headOf(reader));
      await reader.commit(group({ name: "main", first: 3, count: 2 }));
      await reader.commit(made("made meanwhile", 1));
      await expect(attempt(() => writer.commit(group({ name: "main", first: 3 })))).rejects.toMatchObject(FENCED);

      const missed = await chainOf(writer, 2);
      await take(writer, "third", missed.at(-1) ?? null);
      await writer.commit(group({ name: "main", first: 5 }));
      await writer.commit(group({ name: "made meanwhile", first: 2 }));

      expect(missed.map(({ sequence, term, termBefore }) => [sequence, term, termBefore])).toEqual([
        [3, "second", "term-1"],
        [4, "second", "second"],
        [5, "second", "second"],
      ]);
      expect(await placesOf(reader, 5)).toEqual(["6 third", "7 third", "8 third"]);
      await expect(attempt(() => reader.commit(group({ name: "main", first: 5 })))).rejects.toMatchObject(FENCED);
      expect((await another().read()).epochs).toEqual(["term-1", "second", "third"]);
    });

    test("nobody takes over behind an entry that is not the newest; of two that do so at once one does", async () => {
      const { writer, reader } = await writerAndReader();
      const before = await headOf(reader);
      await writer.commit(group({ name: "main", first: 3 }));

      await expect(take(reader, "late", before)).rejects.toMatchObject(FENCED);
      await writer.commit(group({ name: "main", first: 4 }));

      const [head, third] = [await headOf(reader), another()];
      await third.read();
      const outcomes = await Promise.allSettled([take(reader, "one", head), take(third, "other", head)]);
      expect(outcomes.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
      expect(await chainOf(writer, 4)).toHaveLength(1);
    });

    for (const isStored of [true, false]) {
      const what = isStored ? "what was stored stays" : "what was not stored never will be";
      test(`[A1] an unknown outcome ends the term, and the next takeover settles it: ${what}`, async () => {
        const { writer, reader } = await writerAndReader();
        const lost = { ...group({ name: "main", first: 3 }), answers: [answer("k1")] };
        harness.loseNextAnswer(isStored);

        await expect(attempt(() => writer.commit(lost))).rejects.toMatchObject(UNKNOWN);
        await expect(attempt(() => writer.commit(lost))).rejects.toMatchObject(FENCED);
        const missed = await chainOf(reader, 2);
        await take(reader, "second", missed.at(-1) ?? { sequence: 2, term: "term-1" });

        await expect(attempt(() => writer.commit(lost))).rejects.toMatchObject(FENCED);
        expect(missed).toHaveLength(isStored ? 1 : 0);
        expect(await reader.findAnswer(asked("k1"))).toEqual(isStored ? answer("k1") : null);
        await reader.commit(group({ name: "main", first: isStored ? 4 : 3 }));
        expect(await logOf(writer, "main")).toEqual(isStored ? [1, 3, 4] : [1, 3]);
      });
    }

    test("a takeover whose answer was lost is made by the same call once more, and stands there once", async () => {
      const { reader } = await writerAndReader();
      for (const [isStored, epoch] of [
        [true, "stored"],
        [false, "not stored"],
      ] as const) {
        const head = await headOf(reader);
        harness.loseNextAnswer(isStored);
        await expect(take(reader, epoch, head)).rejects.toMatchObject(UNKNOWN);
        await expect(attempt(() => reader.commit(group({ name: "main", first: 3 })))).rejects.toMatchObject(FENCED);

        const place = await take(reader, epoch, head);

        expect(place).toEqual({ sequence: (head?.sequence ?? 0) + 1, term: epoch });
        expect(await headOf(reader)).toEqual(place);
      }
      await reader.commit(group({ name: "main", first: 3 }));
      expect((await another().read()).epochs).toEqual(["term-1", "stored", "not stored"]);
    });

    test("the newest entry and the beat of the writer are seen by all", async () => {
      const { writer, reader } = await writerAndReader();
      const { beat } = await reader.confirm();

      await writer.beat();
      await writer.beat();

      expect(await reader.confirm()).toMatchObject({
        head: { sequence: 2, term: "term-1" },
        beat: beat + 2,
        sure: true,
      });
      await take(reader, "second", await headOf(reader));
      expect(await writer.confirm()).toMatchObject({
        head: { sequence: 3, term: "second" },
        beat: beat + 2,
        sure: true,
      });
    });

    test("a new writer goes on from the age of the newest entry", async () => {
      const { writer } = await writerAndReader();
      await writer.commit({ ...group({ name: "main", first: 3 }), at: START + 9_000, ageAt: START + 5_000 });

      expect((await another().read()).ageAt).toBe(START + 5_000);
    });

    test("[P3] a fold that goes on from one that the database has lost is refused, and ends the term", async () => {
      const { writer } = await writerAndReader();
      await writer.fold(fold("main", 2, { records: [record("a", 1)] }));
      await writer.commit(group({ name: "main", first: 3 }));
      await writer.commit(group({ name: "main", first: 4 }));

      const lacking = attempt(() => writer.fold(fold("main", 4, { after: 3, records: [record("b", 4)] })));

      await expect(lacking).rejects.toBeInstanceOf(RowsLost);
      await expect(lacking).rejects.toMatchObject(FENCED);
      await expect(attempt(() => writer.commit(group({ name: "main", first: 5 })))).rejects.toMatchObject(FENCED);
      expect((await another().read()).spaces).toMatchObject([{ foldedVersion: 2, records: [record("a", 1)] }]);
    });

    test("one that lags behind what is kept is told so, reads anew, and follows from there", async () => {
      await harness.end();
      harness = await makeHarness({ logChanges: 1 });
      const { writer, reader } = await writerAndReader();
      await writer.commit(group({ name: "main", first: 3 }));
      await writer.commit(group({ name: "main", first: 4 }));
      await writer.fold(fold("main", 4, { records: [record("a", 4)] }));
      expect(await reader.readChain({ afterSequence: 2, limit: 9 })).toBe("trimmed");

      const { head, spaces } = await reader.read();
      await writer.commit(group({ name: "main", first: 5 }));

      expect(spaces).toMatchObject([{ foldedVersion: 4, records: [record("a", 4)], log: [] }]);
      expect(await placesOf(reader, head?.sequence)).toEqual(["5 term-1"]);
    });

    describeNodeTable(tools, another);

    test("a term ends with a read: what is read may be another history", async () => {
      const { writer } = await writerAndReader();

      await writer.read();

      await expect(attempt(() => writer.commit(group({ name: "main", first: 3 })))).rejects.toMatchObject(FENCED);
    });
  });

  function take(store: Store, epoch: string, after: ChainHead | null): Promise<ChainHead> {
    const place = after === null ? null : { sequence: after.sequence, term: after.term };
    return store.takeOver({ epoch, address: `${epoch}:80`, model: 1, at: START, ageAt: START, after: place });
  }
}

async function headOf(store: Store): Promise<ChainHead | null> {
  return (await store.confirm()).head;
}

async function placesOf(store: Store, afterSequence = 0): Promise<string[]> {
  return (await chainOf(store, afterSequence)).map(({ sequence, term }: ChainEntry) => `${sequence} ${term}`);
}
