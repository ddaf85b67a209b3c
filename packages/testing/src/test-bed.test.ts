import { collection, defineModel, defineMutation, put, refuse } from "@neverstale/protocol";
import { beforeEach, expect, test } from "vitest";
import { z } from "zod";
import { TestBed } from "./test-bed.ts";

const board = defineModel({
  model: 1,
  collections: { cards: collection<{ id: string; title: string; by: string }>() },
  changes: { card_added: put("cards") },
});

const addCard = defineMutation({
  name: "add_card",
  model: board,
  optimistic: true,
  args: z.object({ title: z.string() }),
  decide: (_, { title }, { user, rights, newId }) => {
    if (rights === "reader") return refuse("read_only", "You may only read.");
    return [{ type: "card_added", target: newId(), data: { title, by: user } }];
  },
});

const OPTIONS = { model: board, mutations: [addCard] };

function openBed() {
  return TestBed.open({ ...OPTIONS, rights: (user) => (user === "rita" ? "reader" : null) });
}

let bed: Awaited<ReturnType<typeof openBed>>;
beforeEach(async () => {
  bed = await openBed();
});

/** A page that is live. */
async function openPage(user = "ann") {
  const page = bed.connect({ user });
  await bed.pass(0);
  expect(page.sync.status.type).toBe("live");
  return page;
}

const titles = ({ sync }: Awaited<ReturnType<typeof openPage>>) => sync.list("cards").map(({ title }) => title);

function putCard(title: string) {
  return bed.manager.apply({ type: "card_added", target: title, data: { title, by: "ann" } });
}

test("a page shows what another page did, and its own mutation at once", async () => {
  const [ann, bob] = [await openPage(), await openPage("bob")];

  const asked = ann.sync.mutate(addCard, { title: "Buy milk" });
  expect([titles(ann), titles(bob)]).toEqual([["Buy milk"], []]);
  const outcome = await bed.settled(asked);
  await bed.pass(100);

  expect(outcome.type).toBe("done");
  expect([titles(ann), titles(bob)]).toEqual([["Buy milk"], ["Buy milk"]]);
});

test("what a user may not do is refused by his rights, and is shown no longer", async () => {
  const rita = await openPage("rita");

  const outcome = await bed.settled(rita.sync.mutate(addCard, { title: "Mine" }));

  expect(outcome).toMatchObject({ type: "refused" });
  expect(titles(rita)).toEqual([]);
});

test("who is not signed in can follow, and mutates nothing", async () => {
  const guest = bed.connect();
  await bed.pass(0);
  await putCard("a");

  const asked = guest.sync.mutate(addCard, { title: "b" });
  await bed.pass(60_000);
  await bed.pass(0);

  expect(guest.sync.status.type).toBe("live");
  expect(bed.manager.state.cards.size).toBe(1);
  guest.close();
  expect(guest.sync.pending.length).toBe(1);
  await expect(bed.settled(asked, 1_000)).rejects.toThrow(/not settled within 1000 ms/);
});

test("a cut is noticed at once, and what was missed comes as a diff when the page is back", async () => {
  const page = await openPage();

  page.network.cut();
  await putCard("a");
  await bed.pass(30_000);
  expect([page.sync.status.type, titles(page)]).toEqual(["connecting", []]);
  page.network.mend();
  await bed.pass(6_000);

  expect([page.sync.status.type, titles(page)]).toEqual(["live", ["a"]]);
  expect([bed.metrics.resumed, bed.metrics.fullStates]).toEqual([1, { first: 1 }]);
});

test("in a tunnel nobody tells the page anything: it is stale when the beacon is late, and level once it is out", async () => {
  const page = await openPage();

  page.network.hold();
  await putCard("a");
  await bed.pass(10_000);
  expect([page.sync.status.type, titles(page)]).toEqual(["live", []]);
  await bed.pass(80_000);
  expect(page.sync.status.type).not.toBe("live");
  page.network.release();
  await bed.pass(20_000);

  expect([page.sync.status.type, titles(page)]).toEqual(["live", ["a"]]);
});

test("what is sent takes the latency of the network, and nothing overtakes", async () => {
  const page = await openPage();
  page.network.latencyMs = 200;

  await putCard("a");
  await bed.pass(1);
  page.network.latencyMs = 0;
  await putCard("b");
  await bed.pass(150);
  expect(titles(page)).toEqual([]);
  await bed.pass(60);

  expect(titles(page)).toEqual(["a", "b"]);
});

test("a page that slept for an hour is level soon after it wakes, and showed nothing in between", async () => {
  const page = await openPage();
  let turns = 0;
  page.sync.subscribe(() => {
    turns += 1;
  });

  page.sleep();
  await putCard("a");
  await bed.pass(3_600_000);
  expect([turns, titles(page)]).toEqual([0, []]);
  page.wake();
  await bed.pass(6_000);

  expect([page.sync.status.type, titles(page)]).toEqual(["live", ["a"]]);
});

test("what was acknowledged is there after a kill, and pages go on without a full state", async () => {
  const page = await openPage();
  await putCard("a");

  await bed.restart();
  await putCard("b");
  await bed.pass(30_000);

  expect([page.sync.status.type, titles(page)]).toEqual(["live", ["a", "b"]]);
  expect([bed.metrics.resumed, bed.metrics.fullStates]).toEqual([1, {}]);
});

test("while the server is down pages say so, and the manager is not to be had", async () => {
  const page = await openPage();

  bed.kill();
  await bed.pass(10_000);

  expect(page.sync.status.type).toBe("connecting");
  expect(() => bed.manager).toThrow(/call `start` first/);
  await bed.start();
  await bed.pass(30_000);
  expect(page.sync.status.type).toBe("live");
  await expect(bed.start()).rejects.toThrow(/runs already/);
});

test("an answer that is lost is asked for again, and the mutation takes effect once", async () => {
  const page = await openPage();
  page.network.latencyMs = 50;

  const asked = page.sync.mutate(addCard, { title: "once" });
  await bed.pass(75);
  page.network.cut();
  expect(bed.manager.state.cards.size).toBe(1);
  page.network.mend();
  const outcome = await bed.settled(asked);
  await bed.pass(30_000);

  expect(outcome.type).toBe("done");
  expect(titles(page)).toEqual(["once"]);
});

test("after a restored backup a page shows what is true now, and who waits for what is lost is told", async () => {
  const page = await openPage();
  await putCard("kept");
  const backup = bed.backup();
  const lost = await putCard("lost");
  await bed.pass(100);
  expect(titles(page)).toEqual(["kept", "lost"]);

  await bed.restart({ from: backup });
  await bed.pass(30_000);

  expect(titles(page)).toEqual(["kept"]);
  await expect(bed.settled(page.sync.reached(lost))).rejects.toMatchObject({ code: "history_lost" });
});

test("`authorize` decides who follows what, and a right that is taken away ends the connection", async () => {
  const guarded = await TestBed.open({
    ...OPTIONS,
    spaces: { "room/": board },
    authorize: ({ user, space }) => {
      if (user === null) return { refuse: 401, code: "not_signed_in", message: "nobody is signed in" };
      if (space !== "main" && user !== "ann") return { refuse: 403, code: "forbidden", message: "not a member" };
      return { space, subject: user };
    },
  });
  await guarded.manager.transact((_, transaction) => {
    transaction.createSpace("room/1");
    return [];
  });
  const guest = guarded.connect();
  const stranger = guarded.connect({ user: "bob", space: "room/1" });
  const member = guarded.connect({ user: "ann", space: "room/1" });
  await guarded.pass(100);

  expect([guest, stranger, member].map(({ sync }) => sync.status)).toEqual([
    { type: "signed_out" },
    { type: "stale", since: null, why: "forbidden" },
    { type: "live" },
  ]);
  expect(guarded.revoke((subject) => (subject === "ann" ? 4403 : null))).toBe(1);
  await guarded.pass(100);
  expect(member.sync.status).toMatchObject({ type: "stale", why: "forbidden" });
  await guarded.close();
});

test("two beds do the same with the same calls, to the id", async () => {
  const other = await openBed();

  for (const each of [bed, other]) {
    const page = each.connect({ user: "ann" });
    await each.settled(page.sync.mutate(addCard, { title: "a" }));
    await each.restart();
    await each.pass(10_000);
    await each.settled(page.sync.mutate(addCard, { title: "b" }));
  }

  expect(other.backup()).toEqual(bed.backup());
  expect(other.now).toBe(bed.now);
});

test("a promise that rejects is handed on", async () => {
  await expect(bed.settled(Promise.reject(new Error("as it was")))).rejects.toThrow("as it was");
});
