import { type AnyState, type AskedChange, collection, defineModel, patch, put, remove } from "@neverstale/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { VirtualRuntime } from "../runtime/virtual-runtime-suite.ts";
import { type SpaceView, spaceOf } from "../space/space-view.ts";
import { type CommitGroup, type Store, StoreFailure } from "../store/contract.ts";
import { memoryStore } from "../store/memory.ts";
import { StateManager } from "./state-manager.ts";
import type { Decide, Transaction } from "./transaction.ts";

const model = defineModel({
  model: 1,
  collections: { jobs: collection(null, { keep: { newest: 2 } }), hosts: collection(null) },
  changes: { job: put("jobs"), job_gone: remove("jobs"), host: put("hosts"), host_moved: patch("hosts") },
});
const spaces = { "out/": model };

/** A store whose disk is full when a test says so. */
class FullAtTimes {
  isFull = false;
  readonly inner = memoryStore();
  readonly store: Store = Object.assign(Object.create(this.inner) as Store, {
    commit: (group: CommitGroup) => {
      // The text is made as for a real disk, which then has no room for it.
      for (const { changes } of group.spaces) expect(changes.text).toBeTypeOf("string");
      if (this.isFull) throw new StoreFailure("nothing_moved", "disk full");
      this.inner.commit(group);
    },
    read: () => this.inner.read(),
    takeOver: (takeover: Parameters<Store["takeOver"]>[0]) => this.inner.takeOver(takeover),
    fold: (fold: Parameters<Store["fold"]>[0]) => this.inner.fold(fold),
    metrics: () => this.inner.metrics(),
  });
}

class Authority {
  readonly disk = new FullAtTimes();
  readonly runtime = new VirtualRuntime();
  #manager: StateManager<typeof model> | null = null;

  get manager(): StateManager<typeof model> {
    if (this.#manager === null) throw new Error("it is not open");
    return this.#manager;
  }

  async open(): Promise<this> {
    const limits = { foldMs: 1_000_000, tombstones: 3, transactionChanges: 6, recordBytes: 200 };
    this.#manager = await StateManager.openWith({ model, spaces, store: this.disk.store, limits }, this.runtime);
    return this;
  }

  /** Makes these calls at once. It returns which of them were carried out. */
  async transact(decisions: readonly Decide<AnyState>[]): Promise<boolean[]> {
    const outcomes = Promise.allSettled(decisions.map((decide) => this.manager.transact(decide)));
    await this.runtime.pass(10);
    return (await outcomes).map(({ status }) => status === "fulfilled");
  }

  /** All that anybody can see of it; ids are drawn anew by each process. */
  seen() {
    const { manager } = this;
    const spaces = manager.spaces().map((name) => {
      const view = manager.space(name) as SpaceView;
      const { head, bytes, records, tombstones, removed } = view;
      const versions = Array.from({ length: head + 1 }, (_, version) => version);
      const diffs = versions.map((version) => (view.canDiffFrom(version) ? view.diffSince(version) : null));
      const lineage = view.lineage().map(([, last]) => last);
      const { creationId, ...fold } = spaceOf(view).fold(null);
      const lacking = fold.records.map(({ id, version, text }) => ({ id, version, text }));
      const { digest, collections } = view.capture();
      return { name, head, bytes, records, tombstones, removed, diffs, lineage, digest, collections, fold, lacking };
    });
    const { chain, history } = this.disk.inner.dump();
    const moves = chain.flatMap((entry) => (entry.type === "group" ? entry.moves : []));
    return {
      spaces,
      log: moves.map(({ move, changes }) => [move.name, move.removed, move.firstVersion, changes?.text]),
      history: history.map(({ space, id, version, text }) => [space, id, version, text]),
    };
  }
}

const ids = ["a", "b", "c", "d"];
const change = fc.oneof(
  fc.record({
    type: fc.constantFrom("job", "job", "job", "job_gone", "host"),
    target: fc.constantFrom(...ids),
    data: fc.constant({}),
  }),
  fc.record({
    type: fc.constant("host_moved"),
    target: fc.constantFrom(...ids),
    data: fc.record({ field: fc.constantFrom("x", "y"), gone: fc.constant(null) }),
  }),
);
const deed = fc.oneof(
  fc.record({ space: fc.constantFrom("main", "out/1"), changes: fc.array(change, { minLength: 1, maxLength: 3 }) }),
  fc.record({ end: fc.constant("out/1"), archive: fc.boolean() }),
  fc.record({ make: fc.constant("out/1") }),
);
const ending = fc.constantFrom("stored", "stored", "throws", "refused", "too_large", "too_many", "later");
const call = fc.record({ deeds: fc.array(deed, { minLength: 1, maxLength: 3, size: "max" }), ending });
/** Calls of one round meet in one group. */
const round = fc.record({
  calls: fc.array(call, { minLength: 1, maxLength: 4, size: "max" }),
  isFull: fc.constantFrom(true, false, false),
});
const script = fc.array(round, { minLength: 1, maxLength: 8, size: "max" });

/** What a decision does and how it ends; `stored` is the only ending that leaves something behind. */
function deciding({ deeds, ending }: { deeds: readonly object[]; ending: string }): Decide<AnyState> {
  return (_, transaction) => {
    for (const deed of deeds) carryOut(deed, transaction);
    if (ending === "throws") throw new Error("it thinks better of it");
    if (ending === "later") return Promise.resolve([]) as never;
    if (ending === "refused") return [job("z"), { type: "unknown", target: "z" } as AskedChange];
    if (ending === "too_large") return [job("z"), { type: "job", target: "y", data: { text: "x".repeat(300) } }];
    if (ending === "too_many") return Array.from({ length: 7 }, (_, n) => job(`n${n}`));
    return [];
  };
}

const job = (target: string): AskedChange => ({ type: "job", target, data: {} });

function carryOut(deed: object, transaction: Transaction): void {
  if ("end" in deed) {
    const { archive } = deed as { end: string; archive: boolean };
    if (transaction.state("out/1") !== null) transaction.removeSpace("out/1", { archive });
  } else if ("make" in deed) {
    if (transaction.state("out/1") === null) transaction.createSpace("out/1");
  } else {
    const { space, changes } = deed as { space: string; changes: AskedChange[] };
    transaction.add(space, changes);
  }
}

test("[A3] a transaction that is refused or can't be stored leaves an authority as one that never heard of it", async () => {
  let stored = 0;
  await fc.assert(
    fc.asyncProperty(script, async (rounds) => {
      const [one, other] = [await new Authority().open(), await new Authority().open()];
      for (const { calls, isFull } of rounds) {
        one.disk.isFull = isFull;
        const areStored = await one.transact(calls.map(deciding));
        one.disk.isFull = false;
        const good = calls.filter((_, n) => areStored[n]);
        stored += good.length;

        expect(await other.transact(good.map(deciding))).toEqual(good.map(() => true));
        expect(one.seen()).toEqual(other.seen());
      }
    }),
    { numRuns: 300 },
  );
  expect(stored).toBeGreaterThan(200);
});
