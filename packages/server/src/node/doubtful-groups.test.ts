import { expect, test } from "vitest";
import { storeUnavailable } from "../authority/told-failures.ts";
import { VirtualRuntime } from "../runtime/virtual-runtime-suite.ts";
import { MemoryStore } from "../store/memory.ts";
import { fold, made } from "../store/store-rows-suite.ts";
import { DoubtfulGroups } from "./doubtful-groups.ts";

const FACTS = { address: null, model: 1, at: 0, ageAt: 0 };

/** The chain has a takeover, a group at place 2, and perhaps another takeover behind it. */
async function chain(second: boolean, retention = {}) {
  const store = new MemoryStore({ retention });
  await store.read();
  await store.takeOver({ ...FACTS, epoch: "one", after: null });
  store.commit(made("main", 1));
  await store.fold(fold("main", 1, {}));
  const after = { sequence: 2, term: "one" };
  const takeover = second ? await store.takeOver({ ...FACTS, epoch: "two", after }) : { sequence: 1, term: "one" };
  return { store, takeover };
}

function doubtful(place: { sequence: number; term: string }) {
  const doubts = new DoubtfulGroups(new VirtualRuntime());
  const told: string[] = [];
  const group = { resolve: () => void told.push("stored"), reject: (error: Error) => void told.push(error.message) };
  doubts.add(place, group, storeUnavailable("nobody knows"));
  return { doubts, told };
}

test("[T2] a node that has read everything anew finds the group in the chain, below a takeover: it is stored", async () => {
  const { store, takeover } = await chain(true);
  const { doubts, told } = doubtful({ sequence: 2, term: "one" });

  await doubts.reloaded(store, takeover);

  expect(told).toEqual(["stored"]);
});

test("[T2] where another entry stands there, below a takeover, the group never will be stored", async () => {
  const { store, takeover } = await chain(true);
  const { doubts, told } = doubtful({ sequence: 2, term: "another" });

  await doubts.reloaded(store, takeover);

  expect(told).toEqual([expect.stringContaining("before it was stored")]);
});

test("[T2] without a takeover behind it the group waits for one, and what was read anew counts", async () => {
  const { store, takeover } = await chain(false);
  const { doubts, told } = doubtful({ sequence: 2, term: "one" });
  await doubts.reloaded(store, takeover);
  expect([told, doubts.count]).toEqual([[], 1]);

  doubts.applied({ ...FACTS, type: "takeover", sequence: 3, term: "two", termBefore: "one" });

  expect(told).toEqual(["stored"]);
});

test("[T2] where the chain does not go back so far, the outcome stays unknown, and its calls are told so", async () => {
  const { store, takeover } = await chain(true, { chainEntries: 1 });
  await store.fold(fold("main", 1, {}));
  const { doubts, told } = doubtful({ sequence: 2, term: "one" });

  await doubts.reloaded(store, takeover);

  expect(told).toEqual([expect.stringContaining("nobody knows")]);
});
