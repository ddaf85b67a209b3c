/** The copies suite is the tests that whatever can be copied passes, in both directions, against the store in memory. */

import type { Store, StoreContents } from "../contract.ts";
import { MemoryStore } from "../memory.ts";
import { MemoryDatabase } from "../memory-database.ts";
import { point } from "../points/points-suite.ts";
import type { Retention } from "../retention.ts";
import {
  answer,
  asked,
  chainOf,
  evicted,
  fold,
  group,
  made,
  record,
  removed,
  START,
  sorted,
  tombstone,
} from "../store-rows-suite.ts";
import { opened, type TestTools } from "../store-world-suite.ts";
import { copyStore } from "./copy-store.ts";
import type { Copyable } from "./copyable.ts";
import { memoryCopy } from "./memory-copy.ts";

/** The harness is data that nobody has written to yet. */
export interface CopyHarness {
  /** It returns a store on this data. */
  store(retention?: Partial<Retention>): Store;
  copyable(): Copyable;
  /** It need close nothing: the suite closes what it opened. */
  end(): Promise<void>;
}

/** With it the chain and the answers are trimmed while the store is filled. */
const SMALL: Partial<Retention> = { chainEntries: 15, answersPerOwner: 1 };

export function describeCopies(tools: TestTools, name: string, makeHarness: () => Promise<CopyHarness>): void {
  const { afterEach, describe, expect, test } = tools;

  describe(`${name}: what can be copied`, () => {
    const ends: (() => Promise<void>)[] = [];

    afterEach(async () => {
      for (const end of ends.splice(0).reverse()) await end();
    });

    async function tested(): Promise<CopyHarness> {
      const harness = await makeHarness();
      ends.push(() => harness.end());
      return harness;
    }

    async function open(harness: CopyHarness): Promise<{ readonly store: Store; readonly contents: StoreContents }> {
      const store = harness.store(SMALL);
      ends.push(() => store.close());
      return { store, contents: await store.read() };
    }

    async function inMemory(): Promise<CopyHarness> {
      return memoryHarness();
    }

    for (const [direction, makeFrom, makeTo] of [
      ["out of it", tested, inMemory],
      ["into it", inMemory, tested],
      ["from one to another", tested, tested],
    ] as const) {
      test(`a copy ${direction} holds all that the store told before`, async () => {
        const from = await makeFrom();
        const to = await makeTo();
        await writeMuch(from);

        const counts = await copyStore(from.copyable(), to.copyable());

        expect(counts).toMatchObject({ spaces: 2, tombstones: 1, answers: 2, expired: 1, points: 3 });
        const [a, b] = [await open(from), await open(to)];
        expect(inOrder(b.contents)).toEqual(inOrder(a.contents));
        const start = await startOf(a.store);
        expect(start).toBeGreaterThan(0);
        expect(await startOf(b.store)).toBe(start);
        expect(await chainOf(b.store, start)).toEqual(await chainOf(a.store, start));
        for (const step of [10, 60]) {
          const query = { step, series: "a", from: 0, to: 900 };
          expect(await b.store.readPoints(query)).toEqual(await a.store.readPoints(query));
        }
        for (const space of ["main", "again", "ended", "gone"]) {
          const query = { space, limit: 100 };
          expect(await b.store.readHistory(query)).toEqual(await a.store.readHistory(query));
          // A store may keep changes for its log whose entries are gone from the chain. Those are not copied.
          const log = { space, afterVersion: space === "main" ? 3 : 0, limit: 100 };
          expect(await b.store.readLog(log)).toEqual(await a.store.readLog(log));
        }
      });

      test(`a store goes on from a copy ${direction}: keys, positions and spaces are those of before`, async () => {
        const from = await makeFrom();
        const to = await makeTo();
        await writeMuch(from);
        await copyStore(from.copyable(), to.copyable());
        const { store, contents } = await open(to);
        const { head, epochs } = contents;

        await store.takeOver({ epoch: "after", address: null, model: 1, at: START, ageAt: START, after: head });
        await store.commit({ ...group({ name: "main", first: 7, epoch: "after" }), history: [evicted("main", 7)] });
        await store.commit(made("ended", 2));
        await store.commit(removed("again", 2));
        await store.fold({ ...fold("main", 7, { records: [record("z", 7)] }), tombstoneFloor: 3 });

        expect(await store.findAnswer(asked("k2", "owner", 2))).toMatchObject({ key: "k2", answer: '{"ids":["c1"]}' });
        expect(await store.findAnswer(asked("k1", "owner", 1))).toBe("expired");
        expect(await store.findAnswer(asked("k1", "another", 1))).toBeNull();
        const history = await store.readHistory({ space: "main", limit: 100 });
        expect(history.map(({ position, version }) => [position, version])).toEqual([
          [1, 1],
          [4, 5],
          [5, 7],
        ]);
        await store.close();
        const again = await store.read();
        expect(again.epochs).toEqual([...epochs, "after"]);
        expect(again.spaces.map((space) => space.name).sort()).toEqual(["ended", "main"]);
        expect(again.spaces.find((space) => space.name === "main")).toMatchObject({
          creationId: "main#1",
          foldedVersion: 7,
          tombstoneFloor: 3,
          tombstones: [],
          lineage: [
            { epoch: "term-1", firstVersion: 1 },
            { epoch: "term-2", firstVersion: 5 },
            { epoch: "after", firstVersion: 7 },
          ],
        });
      });
    }

    test("a target that holds something is refused and stays as it is", async () => {
      const from = await inMemory();
      await writeMuch(from);
      const to = await tested();
      const store = to.store();
      await opened(store);
      await store.commit(made("main", 2));
      await store.close();

      await expect(copyStore(from.copyable(), to.copyable())).rejects.toMatchObject({
        code: "store_unavailable",
        message: expect.stringContaining("is not empty"),
      });

      const { contents } = await open(to);
      expect(contents.head).toEqual({ sequence: 2, term: "term-1" });
    });

    test("a source that holds nothing is refused, and the target stays empty", async () => {
      const from = await tested();
      const to = await inMemory();

      await expect(copyStore(from.copyable(), to.copyable())).rejects.toMatchObject({ code: "store_unavailable" });

      const { contents } = await open(to);
      expect(contents.epochs).toEqual([]);
    });

    test("a copy that breaks off leaves a target without content, and can be made again", async () => {
      const from = await inMemory();
      await writeMuch(from);
      const to = await tested();
      const broken: Copyable = {
        ...from.copyable(),
        copyOut: (put) =>
          from.copyable().copyOut(async (page) => {
            if (page.kind === "history") throw new Error("the source broke off");
            await put(page);
          }),
      };

      await expect(copyStore(broken, to.copyable())).rejects.toThrow("the source broke off");
      await copyStore(from.copyable(), to.copyable());

      const { contents } = await open(to);
      expect(contents.epochs).toEqual(["term-1", "term-2"]);
    });

    test("what was written is read back, and a copy that is not the same is given up", async () => {
      const from = await inMemory();
      await writeMuch(from);
      const to = await tested();
      const target = to.copyable();
      const lossy: Copyable = {
        name: target.name,
        copyOut: (put) => target.copyOut(put),
        copyIn: (fill, check) =>
          target.copyIn((put) => fill(async (page) => (page.kind === "tombstones" ? undefined : put(page))), check),
      };

      await expect(copyStore(from.copyable(), lossy)).rejects.toMatchObject({
        code: "store_damaged",
        message: expect.stringContaining('tombstones of "main": 1 with the digest'),
      });
      await copyStore(from.copyable(), to.copyable());
    });
  });
}

function memoryHarness(): CopyHarness {
  let database: MemoryDatabase | null = null;
  const made = (retention: Partial<Retention> = {}) => {
    database ??= new MemoryDatabase({ retention });
    return database;
  };
  return {
    store: (retention) => new MemoryStore({ database: made(retention) }),
    copyable: () => memoryCopy(made(SMALL)),
    end: async () => {},
  };
}

/** It leaves spaces that live, ended and were made again, a chain and answers that were trimmed, and a log behind a fold. */
async function writeMuch(harness: CopyHarness): Promise<void> {
  const store = harness.store(SMALL);
  await opened(store);
  await store.commit({
    ...group({ name: "main", first: 1, count: 3, makes: 1, epoch: "term-1" }),
    history: [evicted("main", 1)],
    answers: [answer("k1", "owner", 1), answer("k2", "owner", 2), answer("k3")],
  });
  await store.commit({ ...made("gone", 2), history: [evicted("gone", 1)] });
  await store.commit({ ...made("ended", 2), history: [evicted("ended", 1)] });
  await store.commit(made("again", 2));
  for (let n = 0; n < 8; n += 1) await store.commit({ ...removed("none", 1), spaces: [] });
  await store.fold(fold("main", 3, { records: [record("a", 3)], tombstones: [tombstone("b", 2)], floor: 1 }));
  await store.commit(removed("gone", 3, false));
  await store.commit(removed("ended", 3));
  await store.commit(removed("again", 3));
  await store.commit(group({ name: "again", first: 1, makes: 2 }));
  await store.commit(group({ name: "main", first: 4, at: START + 5, ageAt: START + 3 }));
  await store.fold({ ...fold("main", 4, { records: [record("c", 4)], floor: 1 }), digest: "0123456789abcdef" });
  await store.close();
  await opened(store);
  await store.commit({ ...group({ name: "main", first: 5, epoch: "term-2" }), history: [evicted("main", 5)] });
  await store.commit(group({ name: "main", first: 6, count: 0 }));
  await store.commit(group({ name: "main", first: 6 }));
  await store.appendPoints([point(100, "a", "1;"), point(200, "a", "2;"), point(100, "a", "3;", 60)]);
  await store.close();
}

async function startOf(store: Store): Promise<number> {
  for (let afterSequence = 0; ; afterSequence += 1)
    if ((await store.readChain({ afterSequence, limit: 1 })) !== "trimmed") return afterSequence;
}

function inOrder(contents: StoreContents): StoreContents {
  const byName = [...contents.spaces].sort((a, b) => (a.name < b.name ? -1 : 1));
  const spaces = byName.map((space) => {
    return { ...space, records: sorted(space.records), tombstones: sorted(space.tombstones) };
  });
  return { ...contents, spaces };
}
