/** The contract suite is the tests that every store passes, shared or exclusive. Whoever writes a store runs it, with Vitest. */

import { describeChain } from "./chain-suite.ts";
import type { CommitGroup, Store, StoredAnswer } from "./contract.ts";
import { RETENTION, type Retention } from "./retention.ts";
import {
  answer,
  asked,
  attempt,
  chainOf,
  changesText,
  evicted,
  fold,
  group,
  HOUR_MS,
  heads,
  keyOf,
  logOf,
  made,
  record,
  removed,
  START,
  sorted,
  spaceCommit,
  tombstone,
} from "./store-rows-suite.ts";
import { type MakeHarness, opened, type TestTools, World } from "./store-world-suite.ts";

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

        expect(before).toEqual({ head: { sequence: 2, term: "term-1" }, beat: before.beat, sure: true });
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

    describe("spaces", () => {
      test("a group without changes makes a space, whose first version is still 1", async () => {
        const store = await start();
        await store.commit(made("main", 0));

        await world.reopen();

        expect(world.space("main")).toMatchObject({ creationId: "main#1", log: [], lineage: [] });
        await world.store.commit(group({ name: "main", first: 1 }));
      });

      test("[A3] a group of nothing but history is stored: its space came and went within it", async () => {
        const store = await start();

        await store.commit({ at: START, ageAt: START, spaces: [], history: [evicted("output/c1", 2)], answers: [] });

        await world.reopen();
        expect(await world.store.readHistory({ space: "output/c1", limit: 9 })).toMatchObject([{ version: 2 }]);
      });

      test("a space that is removed leaves nothing but its history", async () => {
        const store = await start();
        await store.commit({ ...made("output/c1", 2), history: [evicted("output/c1", 2)] });
        await store.fold(fold("output/c1", 2, { records: [record("a", 1)], tombstones: [tombstone("b", 2)] }));

        await store.commit(removed("output/c1", 3));

        expect(await store.readLog({ space: "output/c1", afterVersion: 0, limit: 10 })).toEqual([]);
        await world.reopen();
        expect(world.contents.spaces).toEqual([]);
        expect(await world.store.readHistory({ space: "output/c1", limit: 10 })).toHaveLength(1);
      });

      test("[E3] a space made again under an old name begins anew, under a new creation id", async () => {
        const store = await start();
        await store.commit({
          ...made("main", 3),
          spaces: [spaceCommit({ name: "main", first: 1, count: 3, makes: 1, epoch: "term-1" })],
        });
        await store.fold(fold("main", 3, { records: [record("a", 3)], tombstones: [tombstone("b", 2)], floor: 1 }));

        await store.commit(group({ name: "main", first: 1, makes: 2 }));

        await world.reopen();
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
        expect(world.contents.spaces).toMatchObject([{ ...expected, log: [{ firstVersion: 1, lastVersion: 1 }] }]);
        expect(await world.store.readLog({ space: "main", afterVersion: 0, limit: 10 })).toHaveLength(1);
      });

      test("removed and made again in one group", async () => {
        const store = await start();
        await store.commit(made("main", 2));

        const again = { ...group({ name: "main", first: 1, makes: 2 }) };
        await store.commit({ ...again, spaces: [...removed("main", 3).spaces, ...again.spaces] });

        await world.reopen();
        expect(world.contents.spaces).toMatchObject([{ creationId: "main#2", log: [{ lastVersion: 1 }] }]);
      });

      test("made and removed in one group", async () => {
        const store = await start();
        await store.commit({ ...made("x", 1), spaces: [...made("x", 1).spaces, ...removed("x", 2).spaces] });

        await world.reopen();

        expect(world.contents.spaces).toEqual([]);
      });
    });

    describe("fold", () => {
      test("the next open gives the folded records and the log after them", async () => {
        const store = await start();
        await store.commit(made("main", 3));
        await store.commit(group({ name: "main", first: 4 }));
        await store.fold(
          fold("main", 3, { records: [record("a", 2), record("b", 3)], tombstones: [tombstone("c", 1)] }),
        );

        await world.reopen();

        const space = world.space("main");
        expect(space.foldedVersion).toBe(3);
        expect(sorted(space.records)).toEqual([record("a", 2), record("b", 3)]);
        expect(space.tombstones).toEqual([tombstone("c", 1)]);
        expect(space.log).toMatchObject([{ firstVersion: 4, lastVersion: 4 }]);
      });

      test("a fold adds to the one before: records change, go, and come back", async () => {
        const store = await start();
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

        await world.reopen();
        expect(sorted(world.space("main").records)).toEqual([record("a", 10), record("c", 3), record("d", 10)]);
        expect(world.space("main").tombstones).toEqual([tombstone("b", 10)]);
      });

      test("records of the same id in different collections and spaces are different records", async () => {
        const store = await start();
        await store.commit({ ...made("main", 1), spaces: [...made("main", 1).spaces, ...made("other", 1).spaces] });
        const event = { ...record("a", 1), collection: "events" };

        await store.fold(fold("main", 1, { records: [record("a", 1), event] }));
        await store.fold(fold("other", 1, { tombstones: [tombstone("a", 1)] }));

        await world.reopen();
        expect(sorted(world.space("main").records)).toEqual([event, record("a", 1)]);
        expect(world.space("other").tombstones).toEqual([tombstone("a", 1)]);
      });

      test("thousands of rows, in one fold", async () => {
        const store = await start();
        const ids = Array.from({ length: 3_000 }, (_, index) => `r${index}`);
        await store.commit(made("main", ids.length));
        const records = ids.map((id, index) => record(id, index + 1));

        await store.fold(fold("main", ids.length, { records }));

        await world.reopen();
        expect(sorted(world.space("main").records)).toEqual(sorted(records));
      });

      test("commits go on while a fold runs", async () => {
        const store = await start();
        const count = 2_000;
        await store.commit(made("main", count));
        const records = Array.from({ length: count }, (_, index) => record(`r${index}`, index + 1));

        const folded = store.fold(fold("main", count, { records }));
        for (let version = count + 1; version <= count + 20; version += 1)
          await store.commit(group({ name: "main", first: version }));
        await folded;

        await world.reopen();
        expect(world.space("main").records).toHaveLength(count);
        expect(world.space("main").log).toHaveLength(20);
      });

      test("[A5] tombstones at or below the floor are dropped, and the floor is kept", async () => {
        const store = await start();
        await store.commit(made("main", 5));
        await store.fold(
          fold("main", 5, { tombstones: [tombstone("a", 1), tombstone("b", 2), tombstone("c", 3)], floor: 2 }),
        );

        await world.reopen();

        expect(world.space("main").tombstones).toEqual([tombstone("c", 3)]);
        expect(world.space("main").tombstoneFloor).toBe(2);
      });

      test("a fold of a space that is gone, or that was made again, does nothing", async () => {
        const store = await start();
        await store.commit({ ...made("gone", 1), spaces: [...made("gone", 1).spaces, ...made("again", 1).spaces] });
        await store.commit({
          ...removed("gone", 2),
          spaces: [...removed("gone", 2).spaces, spaceCommit({ name: "again", first: 1, makes: 2 })],
        });

        await store.fold(fold("gone", 1, { records: [record("a", 1)] }));
        await store.fold(fold("again", 1, { records: [record("a", 1)] }));

        await world.reopen();
        expect(world.contents.spaces).toMatchObject([
          { name: "again", creationId: "again#2", foldedVersion: 0, records: [] },
        ]);
      });

      test("[G2] the digest of a clean close comes back with its version, and goes with the next fold without one", async () => {
        const store = await start();
        await store.commit(made("main", 2));
        await store.fold({ ...fold("main", 2, { records: [record("a", 2)] }), digest: "0123456789abcdef" });
        const second = await world.reopen();
        expect(world.space("main").digest).toEqual({ version: 2, digest: "0123456789abcdef" });

        await second.commit(group({ name: "main", first: 3 }));
        await second.fold(fold("main", 3, {}));

        await world.reopen();
        expect(world.space("main").digest).toBeNull();
      });
    });

    describe("answers", () => {
      test("[D1] an answer is stored with its group and found again, also after a reopen", async () => {
        const store = await start();
        await store.commit({ ...made("main", 1), answers: [answer("k1")] });
        expect(await store.findAnswer(asked("k1"))).toEqual(answer("k1"));
        expect(await store.findAnswer(asked("k2"))).toBeNull();

        const again = await world.reopen();

        expect(await again.findAnswer(asked("k1"))).toEqual(answer("k1"));
      });

      test("[D1] a group may hold answers alone", async () => {
        const store = await start();

        await store.commit({ at: START, ageAt: START, spaces: [], history: [], answers: [answer("k1")] });

        await world.reopen();
        expect(await world.store.findAnswer(asked("k1"))).toEqual(answer("k1"));
      });

      test("[D1] an answer older than is kept is not given, and its key may be used again", async () => {
        const store = await start();
        await store.commit({ ...made("main", 1), answers: [answer("k1")] });
        await store.commit(group({ name: "main", first: 2, at: START + RETENTION.answerAgeMs }));
        expect(await store.findAnswer(asked("k1"))).not.toBeNull();

        await store.commit(group({ name: "main", first: 3, at: START + RETENTION.answerAgeMs + 1 }));
        expect(await store.findAnswer(asked("k1"))).toBeNull();

        const second = { ...answer("k1"), bodyHash: "another", at: START + RETENTION.answerAgeMs + HOUR_MS };
        await store.commit({ ...group({ name: "main", first: 4, at: second.at }), answers: [second] });
        expect(await store.findAnswer(asked("k1"))).toEqual(second);
      });

      test("[A10] what is kept is counted, from one start to the next", async () => {
        const store = await start({ logChanges: 4, answers: 2 });
        await store.commit({ ...made("main", 3), answers: [answer("k1")] });
        await store.commit({ ...group({ name: "main", first: 4, count: 3 }), answers: [answer("k2"), answer("k3")] });
        expect(store.metrics()).toMatchObject({ store_log_changes: 6, store_answers: 3, store_history_rows: 0 });

        await store.fold(fold("main", 6, {}));
        const trimmed = { store_log_changes: 3, store_answers: 2, store_history_rows: 0 };
        expect(store.metrics()).toMatchObject(trimmed);
        expect((await world.reopen()).metrics()).toMatchObject(trimmed);
      });

      test("[D1] a clock that jumps ahead makes no answer and no change old", async () => {
        const store = await start();
        await store.commit({ ...made("main", 1), answers: [answer("k1")] });
        await store.fold(fold("main", 1, {}));

        await store.commit(group({ name: "main", first: 2, at: START + 48 * HOUR_MS, ageAt: START + 1_000 }));
        await store.fold(fold("main", 2, {}));

        expect(await store.findAnswer(asked("k1"))).not.toBeNull();
        expect(await store.readLog({ space: "main", afterVersion: 0, limit: 9 })).toHaveLength(2);
      });

      test("[A10] no more answers are kept than are allowed: the oldest go", async () => {
        const store = await start({ answers: 3 });
        await store.commit(made("main", 1));
        for (let n = 1; n <= 5; n += 1)
          await store.commit({
            at: START + n,
            ageAt: START + n,
            spaces: [],
            history: [],
            answers: [{ ...answer(`k${n}`), at: START + n }],
          });

        await store.fold(fold("main", 1, {}));

        const found = await Promise.all([1, 2, 3, 4, 5].map((n) => store.findAnswer(asked(`k${n}`))));
        expect(found.map(keyOf)).toEqual([null, null, "k3", "k4", "k5"]);
      });
    });

    describe("expired keys", () => {
      const answers = (owner: string, from: number, count: number) =>
        Array.from({ length: count }, (_, index) => ({
          ...answer(`${owner}/${from + index}`, owner, START + from + index),
          at: START + from + index,
        }));
      const given = (rows: readonly StoredAnswer[]): CommitGroup => {
        const at = rows.at(-1)?.at ?? START;
        return { at, ageAt: at, spaces: [], history: [], answers: rows };
      };
      const ask = (store: Store, owner: string, n: number) =>
        store.findAnswer(asked(`${owner}/${n}`, owner, START + n)).then(keyOf);

      test("[D1] [B23] a key whose answer was dropped is expired, not new, also after a reopen; one without a time is new", async () => {
        const store = await start({ answers: 3 });
        await store.commit({ ...made("main", 1), answers: answers("a", 1, 5) });
        await store.fold(fold("main", 1, {}));
        const found = async (from: Store) => Promise.all([1, 2, 3, 4, 5, 6].map((n) => ask(from, "a", n)));
        const expected = ["expired", "expired", "a/3", "a/4", "a/5", null];
        expect(await found(store)).toEqual(expected);
        expect(await store.findAnswer(asked("a/1", "a"))).toBeNull();

        expect(await found(await world.reopen())).toEqual(expected);
      });

      test("[D1] [B23] what one owner has too many of costs nobody else an answer, and makes no key of others old", async () => {
        const store = await start({ answers: 100, answersPerOwner: 3 });
        await store.commit({ ...made("main", 1), answers: answers("b", 1, 2) });
        await store.commit(given(answers("a", 10, 9)));
        await store.commit(given(answers("b", 30, 1)));

        await store.fold(fold("main", 1, {}));

        expect(await Promise.all([10, 15, 16, 18].map((n) => ask(store, "a", n)))).toEqual([
          "expired",
          "expired",
          "a/16",
          "a/18",
        ]);
        expect(await Promise.all([1, 2, 5, 30].map((n) => ask(store, "b", n)))).toEqual(["b/1", "b/2", null, "b/30"]);
        expect(store.metrics()).toMatchObject({ store_answers: 6 });
      });

      test("[D1] an answer that is older than is kept makes its key expired, whether it is trimmed yet or not", async () => {
        const store = await start();
        await store.commit({ ...made("main", 1), answers: answers("a", 1, 1) });
        await store.commit(group({ name: "main", first: 2, at: START + RETENTION.answerAgeMs + 2 }));
        expect(await ask(store, "a", 1)).toBe("expired");

        await store.fold(fold("main", 2, {}));

        expect(await ask(store, "a", 1)).toBe("expired");
        expect(store.metrics()).toMatchObject({ store_answers: 0 });
      });

      test("[B23] answers are bounded by their characters too", async () => {
        const store = await start({ answerChars: 200 });
        const rows = answers("a", 1, 10).map((row) => ({ ...row, answer: JSON.stringify("x".repeat(50)) }));
        await store.commit({ ...made("main", 1), answers: rows });

        await store.fold(fold("main", 1, {}));

        expect(store.metrics()).toMatchObject({ store_answers: 3 });
        expect(await Promise.all([7, 8].map((n) => ask(store, "a", n)))).toEqual(["expired", "a/8"]);
      });

      test("[B49] beyond the bound on owners the oldest expired keys count as everybody's", async () => {
        const store = await start({ answersPerOwner: 0, expiredOwners: 2 });
        const rows = ["a", "b", "c"].flatMap((owner, index) => answers(owner, 10 * (index + 1), 1));
        await store.commit({ ...made("main", 1), answers: rows });

        await store.fold(fold("main", 1, {}));

        expect(await Promise.all([ask(store, "a", 10), ask(store, "d", 10), ask(store, "d", 11)])).toEqual([
          "expired",
          "expired",
          null,
        ]);
        expect(await Promise.all([ask(store, "c", 30), ask(store, "c", 31)])).toEqual(["expired", null]);
      });
    });

    describe("log", () => {
      test("it is read by whole groups from a version on", async () => {
        const store = await start();
        await store.commit(made("main", 3));
        await store.commit(group({ name: "main", first: 4, count: 2 }));
        await store.commit(group({ name: "main", first: 6 }));

        const from = async (afterVersion: number, limit = 10) =>
          (await store.readLog({ space: "main", afterVersion, limit })).map((row) => [
            row.firstVersion,
            row.lastVersion,
          ]);

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
        const store = await start({ logChanges: 5 });
        await store.commit(made("main", 3));
        await store.commit(group({ name: "main", first: 4, count: 3 }));
        await store.commit(group({ name: "main", first: 7, count: 2 }));

        await store.fold(fold("main", 8, { records: [record("a", 8)] }));

        expect(await logOf(store, "main")).toEqual([4, 7]);
      });

      test("groups older than 24 h go, measured against the newest commit", async () => {
        const store = await start();
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
        const store = await start();
        await store.commit(made("main", 1));
        await store.commit(group({ name: "main", first: 2, at: START - 1_000 * HOUR_MS }));

        await store.fold(fold("main", 2, {}));

        expect(await logOf(store, "main")).toEqual([1, 2]);
      });

      test("what is not folded is never trimmed", async () => {
        const store = await start({ logChanges: 2 });
        await store.commit(made("main", 2));
        await store.commit(group({ name: "main", first: 3, count: 2, at: START + 100 * HOUR_MS }));
        await store.commit(group({ name: "main", first: 5, count: 2, at: START + 200 * HOUR_MS }));

        await store.fold(fold("main", 2, {}));

        expect(await logOf(store, "main")).toEqual([3, 5]);
        await world.reopen();
        expect(world.space("main").log.map((row) => row.firstVersion)).toEqual([3, 5]);
      });

      test("the retention counts the changes of all spaces together, in the order of the commits", async () => {
        const store = await start({ logChanges: 4 });
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

    describe("history", () => {
      test("[S3] what was evicted is read by space, collection and version", async () => {
        const store = await start();
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
        const store = await start();
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

      test("[S3] a position never comes again, though all rows before it are gone and the store was opened anew", async () => {
        const store = await start({ historyRows: 0 });
        await store.commit({ ...made("main", 2), history: [evicted("main", 1), evicted("main", 2)] });
        await store.fold(fold("main", 2, {}));
        expect(await store.readHistory({ space: "main", limit: 9 })).toEqual([]);

        const again = await world.reopen();
        await again.commit({ ...group({ name: "main", first: 3 }), history: [evicted("main", 3)] });

        expect(await again.readHistory({ space: "main", limit: 9 })).toMatchObject([{ position: 3, version: 3 }]);
      });

      test("[S9] with a space that is not archived its history goes, and that of every other space stays", async () => {
        const store = await start();
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
        expect(await read(await world.reopen())).toEqual(left);
        await world.store.fold(fold("y", 1, {}));
        expect(await read(world.store)).toEqual(left);
      });

      test("[S9] what a space that is not archived takes with it is cleared away, and no position comes again", async () => {
        const store = await start();
        await store.commit(made("main", 1));
        const history = [1, 2, 3].map((version) => evicted("x", version));
        await store.commit({ ...made("x", 3), history });
        await store.commit(removed("x", 4, false));
        await store.fold(fold("main", 1, {}));
        expect(store.metrics()).toMatchObject({ store_history_rows: 0, store_history_chars: 0 });

        const again = await world.reopen();
        await again.commit({ ...group({ name: "main", first: 2 }), history: [evicted("main", 2)] });

        expect(await again.readHistory({ space: "main", limit: 9 })).toMatchObject([{ position: 4, version: 2 }]);
      });

      test("it comes back after a reopen", async () => {
        const store = await start();
        await store.commit({ ...made("main", 1), history: [evicted("main", 1)] });

        const again = await world.reopen();

        expect(await again.readHistory({ space: "main", limit: 10 })).toMatchObject([evicted("main", 1)]);
      });

      test("[B24] it is bounded by its characters too, and counted", async () => {
        const store = await start({ historyChars: 2 * evicted("main", 1).text.length });
        await store.commit({ ...made("main", 5), history: [1, 2, 3, 4, 5].map((version) => evicted("main", version)) });

        await store.fold(fold("main", 5, {}));

        expect((await store.readHistory({ space: "main", limit: 10 })).map((row) => row.version)).toEqual([4, 5]);
        expect(store.metrics()).toMatchObject({
          store_history_rows: 2,
          store_history_chars: 2 * evicted("main", 1).text.length,
        });
      });

      test("[A10] it is bounded in number and in age", async () => {
        const store = await start({ historyRows: 3, historyAgeMs: HOUR_MS });
        await store.commit({ ...made("main", 5), history: [1, 2, 3, 4, 5].map((version) => evicted("main", version)) });
        await store.fold(fold("main", 5, {}));
        expect((await store.readHistory({ space: "main", limit: 10 })).map((row) => row.version)).toEqual([3, 4, 5]);

        const at = START + HOUR_MS + 1;
        await store.commit({ ...group({ name: "main", first: 6, at }), history: [{ ...evicted("main", 6), at }] });
        await store.fold(fold("main", 6, {}));

        expect((await store.readHistory({ space: "main", limit: 10 })).map((row) => row.version)).toEqual([6]);
      });
    });

    describe("backup", () => {
      test("it is the store as it was when it was made", async () => {
        const store = await start();
        await store.commit({ ...made("main", 3), history: [evicted("main", 1)], answers: [answer("k1")] });
        await store.fold(fold("main", 3, { records: [record("a", 3)] }));
        await store.commit(group({ name: "main", first: 4 }));
        const path = world.harness.backupPath();

        await store.backup(path);
        await store.commit(group({ name: "main", first: 5 }));

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
        await copy.close();
      });

      test("it writes over nothing", async () => {
        const store = await start();
        const path = world.harness.backupPath();
        await store.backup(path);

        await expect(store.backup(path)).rejects.toMatchObject({ code: "store_unavailable" });
      });
    });

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
