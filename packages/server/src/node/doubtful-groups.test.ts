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
  const newest = second ? await store.takeOver({ ...FACTS, epoch: "two", after }) : { sequence: 1, term: "one" };
  return { store, takeover: newest };
}

function doubtful(place: { sequence: number; term: string }) {
  const doubts = new DoubtfulGroups(new VirtualRuntime());
  const told: string[] = [];
  const group = { resolve: () => void told.push("stored"), reject: (error: Error) => void told.push(error.message) };
  const sent = doubts.send(place);
  const doubt = () => doubts.add(sent, group, storeUnavailable("nobody knows"));
  return { doubts, told, doubt };
}

const takeover = (sequence: number) =>
  ({ ...FACTS, type: "takeover", sequence, term: "two", termBefore: "one" }) as const;
const entry = (sequence: number) =>
  ({ ...FACTS, type: "group", sequence, term: "one", termBefore: "one", spaces: [] }) as const;

test("[T2] a node that has read everything anew finds the group in the chain, below a takeover: it is stored", async () => {
  const { store, takeover: newest } = await chain(true);
  const { doubts, told, doubt } = doubtful({ sequence: 2, term: "one" });
  doubt();

  await doubts.reloaded(store, newest);

  expect(told).toEqual(["stored"]);
});

test("[T2] where another entry stands there, below a takeover, the group never will be stored", async () => {
  const { store, takeover: newest } = await chain(true);
  const { doubts, told, doubt } = doubtful({ sequence: 2, term: "another" });
  doubt();

  await doubts.reloaded(store, newest);

  expect(told).toEqual([expect.stringContaining("before it was stored")]);
});

test("[T2] without a takeover behind it the group waits for one, and what was read anew counts", async () => {
  const { store, takeover: newest } = await chain(false);
  const { doubts, told, doubt } = doubtful({ sequence: 2, term: "one" });
  doubt();
  await doubts.reloaded(store, newest);
  expect([told, doubts.count]).toEqual([[], 1]);

  doubts.applied(takeover(3));

  expect(told).toEqual(["stored"]);
});

test("[T2] where the chain does not go back so far, the outcome stays unknown, and its calls are told so", async () => {
  const { store, takeover: newest } = await chain(true, { chainEntries: 1 });
  await store.fold(fold("main", 1, {}));
  const { doubts, told, doubt } = doubtful({ sequence: 2, term: "one" });
  doubt();

  await doubts.reloaded(store, newest);

  expect(told).toEqual([expect.stringContaining("nobody knows")]);
});

test.each([
  { what: "stored", read: [entry(2), takeover(3)], answer: "stored" },
  { what: "not stored", read: [takeover(2)], answer: expect.stringContaining("before it was stored") },
])(
  "[T2] a group that is read, and settled, before its own answer fails to come is told as $what",
  ({ read, answer }) => {
    const { doubts, told, doubt } = doubtful({ sequence: 2, term: "one" });
    for (const one of read) doubts.applied(one);
    expect(doubts.count).toBe(0);

    doubt();

    expect(told).toEqual([answer]);
    expect(doubts.count).toBe(0);
  },
);

test("[T2] a group that is read before its own answer fails to come waits for the next takeover", () => {
  const { doubts, told, doubt } = doubtful({ sequence: 2, term: "one" });
  doubts.applied(entry(2));
  doubt();
  expect(told).toEqual([]);

  doubts.applied(takeover(3));

  expect(told).toEqual(["stored"]);
});

test("[T2] a group that was answered is watched no more", () => {
  const doubts = new DoubtfulGroups(new VirtualRuntime());
  const sent = doubts.send({ sequence: 2, term: "one" });

  doubts.answered(sent);
  doubts.applied(entry(2));

  expect(sent.found).toBeNull();
});
