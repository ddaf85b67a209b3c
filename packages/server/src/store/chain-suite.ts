/** The chain suite is the part of the contract suite that is about the chain. */

import type { ChainEntry, ChainSpace, CommitGroup, Store } from "./contract.ts";
import type { Retention } from "./retention.ts";
import {
  answer,
  attempt,
  chainOf,
  changesText,
  evicted,
  fold,
  group,
  logOf,
  made,
  record,
  removed,
  START,
  spaceCommit,
} from "./store-rows-suite.ts";
import type { TestTools } from "./store-world-suite.ts";

/** `start` opens a new store, and `reopen` closes it and opens it again. The caller ends it. */
export function describeChain(
  { describe, expect, test }: TestTools,
  start: (retention?: Partial<Retention>) => Promise<Store>,
  reopen: () => Promise<Store>,
): void {
  describe("chain", () => {
    test("[A2] each group is one entry, with its changes by space, in the order of the commits, also after a reopen", async () => {
      const store = await start();
      await store.commit({ ...made("main", 2), at: START + 1, ageAt: START });
      const output = made("output/c1", 1).spaces;
      await store.commit({ ...made("x", 1), spaces: [...output, ...group({ name: "main", first: 3 }).spaces] });
      await store.commit(groupOf({ answers: [answer("k1")] }));
      await store.commit(groupOf({ history: [evicted("main", 2)] }));
      await store.commit(group({ name: "main", first: 4, count: 2, epoch: "term-1" }));

      const chain = await chainOf(store);

      const facts = { type: "group", term: "term-1", termBefore: "term-1", at: START, ageAt: START };
      const takeover = { ...facts, type: "takeover", sequence: 1, termBefore: null, address: null, model: 1 };
      const lineage = { epoch: "term-1", firstVersion: 4 };
      expect(chain).toEqual([
        takeover,
        { ...facts, sequence: 2, at: START + 1, spaces: [moved("main", 1, 2, { creationId: "main#1" })] },
        {
          ...facts,
          sequence: 3,
          spaces: [moved("output/c1", 1, 1, { creationId: "output/c1#1" }), moved("main", 3, 3)],
        },
        { ...facts, sequence: 4, spaces: [] },
        { ...facts, sequence: 5, spaces: [] },
        { ...facts, sequence: 6, spaces: [moved("main", 4, 5, { lineage })] },
      ]);
      const again = await reopen();
      const next = { ...takeover, sequence: 7, term: "term-2", termBefore: "term-1" };
      expect(await chainOf(again)).toEqual([...chain, next]);
    });

    test("[A2] a space that ends is in the chain, behind what it was; one made in its place comes after its end", async () => {
      const store = await start();
      await store.commit(made("x", 2));
      await store.commit(removed("x", 3));
      await store.commit(made("x", 0));
      await store.commit(group({ name: "x", first: 1 }));
      await store.commit(group({ name: "x", first: 1, count: 3, makes: 2 }));
      const again = group({ name: "x", first: 1, makes: 3 });
      await store.commit({ ...again, spaces: [...removed("x", 4).spaces, ...again.spaces] });
      await store.fold(fold("x", 1, {}));

      const spaces = spacesOf(await chainOf((await reopen()) as Store, 1));

      expect(spaces).toEqual([
        [moved("x", 1, 2, { creationId: "x#1" })],
        [ended("x", 2)],
        [moved("x", 1, 0, { creationId: "x#1" })],
        [moved("x", 1, 1)],
        [ended("x", 1), moved("x", 1, 3, { creationId: "x#2" })],
        [ended("x", 3), moved("x", 1, 1, { creationId: "x#3" })],
        [],
      ]);
    });

    test("what was made and ended in one group leaves no trace; what it had taken the place of has ended", async () => {
      const store = await start();
      await store.commit(made("old", 1));
      const took = group({ name: "old", first: 1, makes: 2 }).spaces;

      await store.commit({ ...made("x", 1), spaces: [...made("x", 1).spaces, ...removed("x", 2).spaces] });
      await store.commit({ ...made("old", 1), spaces: [...took, ...removed("old", 2).spaces] });

      expect(spacesOf(await chainOf(store, 2))).toEqual([[], [ended("old", 1)]]);
    });

    test("changes of a space that the same group ends are no part of the chain", async () => {
      const store = await start();
      await store.commit({ ...made("x", 1), spaces: [...made("x", 1).spaces, ...made("y", 1).spaces] });
      const moves = [...group({ name: "x", first: 2 }).spaces, ...group({ name: "y", first: 2 }).spaces];

      await store.commit({ ...made("x", 1), spaces: [...moves, ...removed("x", 3).spaces] });
      await store.commit(group({ name: "y", first: 3 }));

      expect(spacesOf(await chainOf(store, 2))).toEqual([[moved("y", 2, 2), ended("x", 1)], [moved("y", 3, 3)]]);
    });

    test("spaces that are made after a start are never taken for those that ended before it", async () => {
      const store = await start();
      await store.commit(made("main", 1));
      await store.commit(made("x", 2));
      await store.commit(removed("x", 3));
      await store.fold(fold("main", 1, {}));

      const again = await reopen();
      await again.commit(made("y", 2));
      await again.commit(group({ name: "y", first: 3 }));

      const names = spacesOf(await chainOf(again)).map((spaces) => spaces.map(({ name }) => name));
      expect(names).toEqual([[], ["main"], ["x"], ["x"], [], ["y"], ["y"]]);
      expect(await logOf(again, "y")).toEqual([1, 3]);
    });

    test("a group that is refused leaves no hole", async () => {
      const store = await start();
      await store.commit(made("main", 1));

      await expect(attempt(() => store.commit(group({ name: "main", first: 3 })))).rejects.toThrow(/assertion failed/);
      await store.commit(group({ name: "main", first: 2 }));

      expect(sequencesOf(await chainOf(store))).toEqual([1, 2, 3]);
    });

    test("it is read by so many entries behind a place, and has no more at its end", async () => {
      const store = await start();
      await store.commit({ ...made("a", 1), spaces: [...made("a", 1).spaces, ...made("b", 1).spaces] });
      const both = (first: number) => [...group({ name: "a", first }).spaces, ...group({ name: "b", first }).spaces];
      await store.commit({ ...made("a", 1), spaces: both(2) });
      await store.commit(group({ name: "a", first: 3 }));
      await store.commit(group({ name: "b", first: 3 }));
      await store.commit({ ...made("a", 1), spaces: both(4) });
      const read = async (afterSequence: number, limit: number) => {
        const entries = await store.readChain({ afterSequence, limit });
        return entries === "trimmed" ? entries : sequencesOf(entries);
      };

      expect(await read(0, 2)).toEqual([1, 2]);
      expect(await read(2, 1)).toEqual([3]);
      expect(await read(2, 9)).toEqual([3, 4, 5, 6]);
      expect(await read(3, 2)).toEqual([4, 5]);
      expect(await read(5, 9)).toEqual([6]);
      expect(await read(6, 9)).toEqual([]);
      expect(await read(99, 9)).toEqual([]);
    });

    test("[B61] one answer holds some 4 MiB of text, and one entry in any case", async () => {
      const store = await start();
      const text = (mebibytes: number) => JSON.stringify("x".repeat(mebibytes * 1_024 * 1_024));
      for (const [index, mebibytes] of [1, 2, 2, 5].entries()) {
        const next = index === 0 ? made("main", 1) : group({ name: "main", first: index + 1 });
        await store.commit({
          ...next,
          spaces: next.spaces.map((space) => ({ ...space, changes: { text: text(mebibytes) } })),
        });
      }
      const pages: number[][] = [];
      for (let after = 0; after < 5; after = pages.at(-1)?.at(-1) ?? 9)
        pages.push(sequencesOf(await chainOf(store, after)));

      expect(pages).toEqual([[1, 2, 3], [4], [5]]);
    });

    test("what goes from the log goes from the chain; whoever reads from there is told that it is trimmed", async () => {
      const store = await start({ logChanges: 2 });
      await store.commit(made("main", 2));
      await store.commit(groupOf({ answers: [answer("k1")] }));
      await store.commit(group({ name: "main", first: 3 }));
      await store.commit(group({ name: "main", first: 4 }));
      await store.fold(fold("main", 4, { records: [record("a", 4)] }));

      const read = (from: Store, afterSequence: number) => from.readChain({ afterSequence, limit: 9 });
      expect(await logOf(store, "main")).toEqual([3, 4]);
      expect(await Promise.all([read(store, 0), read(store, 1)])).toEqual(["trimmed", "trimmed"]);
      expect(sequencesOf(await chainOf(store, 2))).toEqual([3, 4, 5]);

      const again = await reopen();
      expect(await Promise.all([read(again, 0), read(again, 1)])).toEqual(["trimmed", "trimmed"]);
      expect(sequencesOf(await chainOf(again, 2))).toEqual([3, 4, 5, 6]);
    });

    test("the log of a space that has ended goes with its part of the chain, not before", async () => {
      const store = await start({ logChanges: 3 });
      await store.commit({ ...made("main", 1), spaces: [...made("main", 1).spaces, ...made("x", 1).spaces] });
      await store.commit(group({ name: "x", first: 2, count: 2 }));
      await store.commit(removed("x", 4));
      await store.fold(fold("main", 1, {}));
      expect(spacesOf(await chainOf(store, 2))).toEqual([[moved("x", 2, 3)], [ended("x", 3)]]);

      await store.commit(group({ name: "main", first: 2, count: 2 }));
      await store.fold(fold("main", 3, {}));

      expect(await store.readChain({ afterSequence: 2, limit: 9 })).toBe("trimmed");
      expect(spacesOf(await chainOf(store, 3))).toEqual([[ended("x", 3)], [moved("main", 2, 3)]]);
      expect(store.metrics()).toMatchObject({ store_log_changes: 2 });
    });

    test("[S9] with a space that is not archived its changes go, and its part of the chain says so", async () => {
      const store = await start();
      const output = made("x", 2).spaces;
      await store.commit({ ...made("main", 1), spaces: [...made("main", 1).spaces, ...output] });
      await store.commit({
        ...made("x", 2),
        spaces: [...group({ name: "x", first: 3 }).spaces, ...made("y", 1).spaces],
      });
      await store.commit(removed("x", 4, false));
      await store.commit(group({ name: "x", first: 1, makes: 2 }));

      const chain = [
        [moved("main", 1, 1, { creationId: "main#1" }), moved("x", 1, 2, { creationId: "x#1", changes: null })],
        [moved("x", 3, 3, { changes: null }), moved("y", 1, 1, { creationId: "y#1" })],
        [ended("x", 3, false)],
        [moved("x", 1, 1, { creationId: "x#2" })],
      ];
      expect(spacesOf(await chainOf(store, 1))).toEqual(chain);
      await store.fold(fold("main", 1, {}));
      expect(spacesOf(await chainOf(store, 1))).toEqual(chain);
      expect(spacesOf(await chainOf((await reopen()) as Store, 1))).toEqual([...chain, []]);
    });

    test("[B59] it holds no more entries than allowed, with changes or without", async () => {
      const store = await start({ chainEntries: 3 });
      await store.commit(made("main", 1));
      for (let n = 1; n <= 6; n += 1) await store.commit(groupOf({ answers: [answer(`k${n}`)] }));
      await store.fold(fold("main", 1, {}));
      expect(sequencesOf(await chainOf(store, 5))).toEqual([6, 7, 8]);
      expect(await store.readChain({ afterSequence: 4, limit: 9 })).toBe("trimmed");
      expect(store.metrics()).toMatchObject({ store_chain_entries: 3 });

      for (let first = 2; first <= 5; first += 1) await store.commit(group({ name: "main", first }));
      await store.fold(fold("main", 5, {}));

      expect(sequencesOf(await chainOf(store, 9))).toEqual([10, 11, 12]);
      expect(await store.readChain({ afterSequence: 8, limit: 9 })).toBe("trimmed");
      expect(store.metrics()).toMatchObject({ store_chain_entries: 3 });
    });

    test("[B59] the newest entry stays, and who is the writer is known, whatever the bounds", async () => {
      const store = await start({ logChanges: 0, logChars: 0, chainEntries: 0 });
      await store.commit(made("main", 2));
      await store.commit(group({ name: "main", first: 3 }));
      await store.commit(group({ name: "main", first: 4 }));

      await store.fold(fold("main", 4, { records: [record("a", 4)] }));

      expect(spacesOf(await chainOf(store, 3))).toEqual([[moved("main", 4, 4)]]);
      expect(await store.readChain({ afterSequence: 2, limit: 9 })).toBe("trimmed");
      await store.close();
      expect(await store.read()).toMatchObject({
        head: { sequence: 4, term: "term-1" },
        takeover: { sequence: 1, term: "term-1", address: null, model: 1 },
      });
    });

    test("entries older than 24 h go with the log, measured against the newest one", async () => {
      const store = await start();
      const day = 24 * 3_600_000;
      await store.commit(made("main", 1));
      await store.commit(group({ name: "main", first: 2, at: START + 1 }));
      await store.commit(group({ name: "main", first: 3, at: START + day + 1 }));

      await store.fold(fold("main", 3, {}));

      expect(sequencesOf(await chainOf(store, 2))).toEqual([3, 4]);
      expect(await store.readChain({ afterSequence: 1, limit: 9 })).toBe("trimmed");
    });

    test("many spaces in one group are one entry, and go as one", async () => {
      const store = await start({ logChanges: 300 });
      const names = Array.from({ length: 300 }, (_, n) => `s${n}`);
      const spaces = names.map((name) => spaceCommit({ name, first: 1, makes: 1 }));
      await store.commit({ ...made("main", 1), spaces });
      for (const name of names) await store.fold(fold(name, 1, {}));
      expect(spacesOf(await chainOf(store, 1))).toEqual([
        names.map((name) => moved(name, 1, 1, { creationId: `${name}#1` })),
      ]);

      await store.commit(group({ name: "s7", first: 2 }));
      await store.fold(fold("s7", 2, {}));

      expect(await store.readChain({ afterSequence: 1, limit: 9 })).toBe("trimmed");
      expect(spacesOf(await chainOf(store, 2))).toEqual([[moved("s7", 2, 2)]]);
    });
  });
}

function groupOf(rows: Partial<CommitGroup>): CommitGroup {
  return { at: START, ageAt: START, spaces: [], history: [], answers: [], ...rows };
}

function moved(name: string, firstVersion: number, lastVersion: number, more: Partial<ChainSpace> = {}): ChainSpace {
  const count = lastVersion - firstVersion + 1;
  const changes = count === 0 ? "" : changesText(firstVersion, count);
  return {
    name,
    creationId: null,
    removed: false,
    archived: false,
    lineage: null,
    firstVersion,
    lastVersion,
    changes,
    ...more,
  };
}

function ended(name: string, head: number, archived = true): ChainSpace {
  return moved(name, head + 1, head, { removed: true, archived });
}

function sequencesOf(entries: readonly ChainEntry[]): number[] {
  return entries.map(({ sequence }) => sequence);
}

/** For each entry, it returns the spaces of it. A takeover has none. */
function spacesOf(entries: readonly ChainEntry[]): (readonly ChainSpace[])[] {
  return entries.map((entry) => (entry.type === "group" ? entry.spaces : []));
}
