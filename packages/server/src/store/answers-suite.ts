/** The answers suite is the part of the contract suite that is about answers under keys, and keys that expire. */

import type { CommitGroup, Store, StoredAnswer } from "./contract.ts";
import { RETENTION } from "./retention.ts";
import { answer, asked, fold, group, HOUR_MS, keyOf, made, START } from "./store-rows-suite.ts";
import type { TestedStore, TestTools } from "./store-world-suite.ts";

export function describeAnswers({ describe, expect, test }: TestTools, tested: TestedStore): void {
  describe("answers", () => {
    test("[D1] an answer is stored with its group and found again, also after a reopen", async () => {
      const store = await tested.start();
      await store.commit({ ...made("main", 1), answers: [answer("k1")] });
      expect(await store.findAnswer(asked("k1"))).toEqual(answer("k1"));
      expect(await store.findAnswer(asked("k2"))).toBeNull();

      const again = await tested.world.reopen();

      expect(await again.findAnswer(asked("k1"))).toEqual(answer("k1"));
    });

    test("[D1] a group may hold answers alone", async () => {
      const store = await tested.start();

      await store.commit({ at: START, ageAt: START, spaces: [], history: [], answers: [answer("k1")] });

      await tested.world.reopen();
      expect(await tested.world.store.findAnswer(asked("k1"))).toEqual(answer("k1"));
    });

    test("[D1] an answer older than is kept is not given, and its key may be used again", async () => {
      const store = await tested.start();
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
      const store = await tested.start({ logChanges: 4, answers: 2 });
      await store.commit({ ...made("main", 3), answers: [answer("k1")] });
      await store.commit({ ...group({ name: "main", first: 4, count: 3 }), answers: [answer("k2"), answer("k3")] });
      expect(store.metrics()).toMatchObject({ store_log_changes: 6, store_answers: 3, store_history_rows: 0 });

      await store.fold(fold("main", 6, {}));
      const trimmed = { store_log_changes: 3, store_answers: 2, store_history_rows: 0 };
      expect(store.metrics()).toMatchObject(trimmed);
      expect((await tested.world.reopen()).metrics()).toMatchObject(trimmed);
    });

    test("[D1] a clock that jumps ahead makes no answer and no change old", async () => {
      const store = await tested.start();
      await store.commit({ ...made("main", 1), answers: [answer("k1")] });
      await store.fold(fold("main", 1, {}));

      await store.commit(group({ name: "main", first: 2, at: START + 48 * HOUR_MS, ageAt: START + 1_000 }));
      await store.fold(fold("main", 2, {}));

      expect(await store.findAnswer(asked("k1"))).not.toBeNull();
      expect(await store.readLog({ space: "main", afterVersion: 0, limit: 9 })).toHaveLength(2);
    });

    test("[A10] no more answers are kept than are allowed: the oldest go", async () => {
      const store = await tested.start({ answers: 3 });
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
      const store = await tested.start({ answers: 3 });
      await store.commit({ ...made("main", 1), answers: answers("a", 1, 5) });
      await store.fold(fold("main", 1, {}));
      const found = async (from: Store) => Promise.all([1, 2, 3, 4, 5, 6].map((n) => ask(from, "a", n)));
      const expected = ["expired", "expired", "a/3", "a/4", "a/5", null];
      expect(await found(store)).toEqual(expected);
      expect(await store.findAnswer(asked("a/1", "a"))).toBeNull();

      expect(await found(await tested.world.reopen())).toEqual(expected);
    });

    test("[D1] [B23] what one owner has too many of costs nobody else an answer, and makes no key of others old", async () => {
      const store = await tested.start({ answers: 100, answersPerOwner: 3 });
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
      const store = await tested.start();
      await store.commit({ ...made("main", 1), answers: answers("a", 1, 1) });
      await store.commit(group({ name: "main", first: 2, at: START + RETENTION.answerAgeMs + 2 }));
      expect(await ask(store, "a", 1)).toBe("expired");

      await store.fold(fold("main", 2, {}));

      expect(await ask(store, "a", 1)).toBe("expired");
      expect(store.metrics()).toMatchObject({ store_answers: 0 });
    });

    test("[B23] answers are bounded by their characters too", async () => {
      const store = await tested.start({ answerChars: 200 });
      const rows = answers("a", 1, 10).map((row) => ({ ...row, answer: JSON.stringify("x".repeat(50)) }));
      await store.commit({ ...made("main", 1), answers: rows });

      await store.fold(fold("main", 1, {}));

      expect(store.metrics()).toMatchObject({ store_answers: 3 });
      expect(await Promise.all([7, 8].map((n) => ask(store, "a", n)))).toEqual(["expired", "a/8"]);
    });

    test("[B49] beyond the bound on owners the oldest expired keys count as everybody's", async () => {
      const store = await tested.start({ answersPerOwner: 0, expiredOwners: 2 });
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
}
