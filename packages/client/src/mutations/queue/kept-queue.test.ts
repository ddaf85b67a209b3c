import { describe, expect, test } from "vitest";
import { json } from "../../environment/fake-environment-suite.ts";
import {
  addCard,
  answer,
  counts,
  countUp,
  done,
  io,
  posted,
  putCard,
  removeCard,
  stateAt,
  sync,
} from "../board-rig-suite.ts";
import type { MutationOutcome } from "../mutating.ts";
import { MutationsLeft } from "./kept-queue.ts";
import { connect, openPage, QueueBrowser, reload, settle, told } from "./queue-rig-suite.ts";

const asked = () => posted.flatMap(({ request }) => request.mutations.map(({ n, name }) => `${n} ${name}`));
const shown = () => sync.pending.map(({ name, isKept }) => `${name}${isKept ? "" : " (not kept)"}`);

describe("what is asked for", () => {
  test("[U6] is sent when its number is kept, and not before", async () => {
    const browser = new QueueBrowser();
    await openPage(browser);
    await connect();
    browser.held = [];

    void sync.mutate(countUp, { id: "a" });
    await settle();

    expect(counts()).toBe(1);
    expect(shown()).toEqual(["count_up (not kept)"]);
    expect(posted).toEqual([]);

    await browser.goOn();

    expect(shown()).toEqual(["count_up"]);
    expect(asked()).toEqual(["1 count_up"]);
    expect([...browser.lines.values()][0]).toMatchObject({ sent: 1, count: 1, user: "ann" });
  });

  test("[U6] what became of it is kept before the server is told that the page knows", async () => {
    const browser = new QueueBrowser();
    await openPage(browser);
    await connect();
    void sync.mutate(countUp, { id: "a" });
    await settle();
    void sync.mutate(putCard, { id: "b" });
    await settle();

    await answer(done(1, 11));
    await settle();

    expect(browser.names).toEqual(["2 put_card"]);
    expect(posted.at(-1)?.request).toMatchObject({ acked: 1 });
  });

  test("[U19] waits in memory alone where the place fails, and is sent", async () => {
    const browser = new QueueBrowser();
    await openPage(browser);
    await connect();
    browser.isBroken = true;

    void sync.mutate(countUp, { id: "a" });
    await settle();
    await io.pass(2_000);
    await settle();

    expect(asked()).toEqual(["1 count_up"]);
    expect(shown()).toEqual(["count_up (not kept)"]);
  });

  test("[U19] [B101] is refused where all pages together keep too much, and its number is used up", async () => {
    const browser = new QueueBrowser();
    await openPage(browser, { bounds: { mutations: 2, bytes: 1_000 } });

    void sync.mutate(putCard, { id: "b" });
    void sync.mutate(putCard, { id: "c" });
    const third = sync.mutate(putCard, { id: "d" });
    const large = sync.mutate(addCard, { title: "x".repeat(2_000) });
    await settle();

    expect(await third).toMatchObject({ type: "refused", code: "queue_full" });
    expect(await large).toMatchObject({ type: "refused", code: "queue_full" });
    expect(shown()).toEqual(["put_card", "put_card"]);
    await connect();
    expect(asked()).toEqual(["1 put_card", "2 put_card", "3 dropped", "4 dropped"]);
  });
});

describe("after a reload", () => {
  test("[U19] it is shown in its order before there is a connection, and sent under its numbers, before what is asked for then", async () => {
    const browser = new QueueBrowser();
    const tab = await openPage(browser);
    void sync.mutate(addCard, { title: "B" });
    void sync.mutate(countUp, { id: "a" });
    await settle();
    const [line] = browser.lines.keys();

    await reload(browser, tab);
    void sync.mutate(putCard, { id: "c" });
    await settle();

    expect(shown()).toEqual(["add_card", "count_up", "put_card"]);
    expect(sync.pending[0]?.key).toBe(`${line}.1`);
    expect([...sync.state.cards.keys()]).toEqual([`${line}.1.1`, "c"]);
    await connect();
    expect(counts()).toBe(1);
    expect(posted[0]?.request).toMatchObject({ line, mutations: [{ n: 1 }, { n: 2 }] });
    expect(new URL(io.socket.url).searchParams.get("lines")?.split(",")).toHaveLength(2);

    await answer(done(1, 11), { n: 2, type: "refused", version: 11, code: "no", detail: "No." });
    await settle();

    expect(told.map(({ name, outcome }) => `${name} ${outcome.type}`)).toEqual(["add_card done", "count_up refused"]);
    expect(asked()).toEqual(["1 put_card"]);
    expect(posted[0]?.request.line).not.toBe(line);
    expect(browser.names).toEqual(["1 put_card"]);
  });

  test("[U19] what was never sent can be dropped, and never comes back; what may have been sent can't", async () => {
    const browser = new QueueBrowser();
    const tab = await openPage(browser);
    await connect();
    void sync.mutate(countUp, { id: "a" });
    await settle();
    void sync.mutate(putCard, { id: "b" });
    void sync.mutate(putCard, { id: "c" });
    await settle();

    const again = await reload(browser, tab);

    const [first, second] = sync.pending;
    expect(sync.pending.map(({ wasSent }) => wasSent)).toEqual([true, false, false]);
    expect([sync.drop(first?.key ?? ""), sync.drop(second?.key ?? "")]).toEqual([false, true]);
    await settle();
    expect(told).toEqual([{ name: "put_card", outcome: { type: "dropped" } }]);
    await reload(browser, again);
    expect(shown()).toEqual(["count_up", "put_card"]);
    await connect();
    expect(asked()).toEqual(["1 count_up", "2 dropped", "3 put_card"]);
  });

  test("whoever drops it is told when it can't come back any more", async () => {
    const browser = new QueueBrowser();
    await openPage(browser);
    void sync.mutate(putCard, { id: "a" });
    await settle();
    const outcome = sync.mutate(putCard, { id: "b" });
    let isTold = false;
    void outcome.then(() => {
      isTold = true;
    });
    await settle();
    browser.held = [];

    sync.drop(sync.pending[1]?.key ?? "");
    await settle();
    expect([isTold, shown()]).toEqual([false, ["put_card"]]);

    await browser.goOn();
    expect(await outcome).toEqual({ type: "dropped" });
    expect(browser.names).toEqual(["1 put_card"]);
  });

  test("[U19] a page that follows something else leaves it to others", async () => {
    const browser = new QueueBrowser();
    const tab = await openPage(browser, { url: "/sync/a" });
    void sync.mutate(putCard, { id: "b" });
    await settle();

    await reload(browser, tab, { url: "/sync/b" });
    expect(sync.pending).toEqual([]);

    await reload(browser, tab, { url: "/sync/a?token=2" });
    expect(shown()).toEqual(["put_card"]);
  });

  test("[U19] a name that this build does not know is sent as it was asked for, and shows nothing", async () => {
    const browser = new QueueBrowser();
    const tab = await openPage(browser);
    void sync.mutate(putCard, { id: "b" });
    await settle();

    await reload(browser, tab, { mutations: [removeCard] });
    await connect();

    expect(shown()).toEqual(["put_card"]);
    expect(sync.state.cards.has("b")).toBe(false);
    expect(asked()).toEqual(["1 put_card"]);
  });

  test("[U19] [B102] what was asked for more than seven days ago is not sent any more, and its page is told", async () => {
    const browser = new QueueBrowser();
    const tab = await openPage(browser);
    await connect();
    void sync.mutate(countUp, { id: "a" });
    await settle();
    void sync.mutate(putCard, { id: "b" });
    await settle();
    for (const [key, kept] of browser.mutations) browser.mutations.set(key, { ...kept, at: kept.at - 8 * 86_400_000 });

    await reload(browser, tab);

    expect(told.map(({ name, outcome }) => `${name} ${outcome.type}`)).toEqual([
      "count_up unknown",
      "put_card dropped",
    ]);
    expect(shown()).toEqual([]);
    expect(browser.lines.size).toBe(0);
  });
});

describe("what another page has left", () => {
  test("[U19] is taken up by the leading page when the other one is gone, and by no other", async () => {
    const browser = new QueueBrowser();
    const one = await openPage(browser);
    void sync.mutate(putCard, { id: "b" });
    await settle();
    await openPage(browser);
    const [second, ioOfSecond] = [sync, io];
    await openPage(browser);
    const [third, ioOfThird] = [sync, io];
    expect([second.pending.length, third.pending.length]).toEqual([0, 0]);

    browser.leave(one);
    await settle();
    for (const { pass } of [ioOfSecond, ioOfThird].map((each) => ({ pass: each.pass.bind(each) }))) await pass(11_000);
    await settle();

    expect(second.pending.map(({ name }) => name)).toEqual(["put_card"]);
    expect(third.pending).toEqual([]);
  });

  test("[U19] a tab that is copied does not take up the line of the one that it was copied from", async () => {
    const browser = new QueueBrowser();
    const tab = await openPage(browser);
    void sync.mutate(putCard, { id: "b" });
    await settle();

    await openPage(browser, { tab: { isOpen: true, remembered: new Map(tab.remembered) } });

    expect(sync.pending).toEqual([]);
  });
});

describe("whoever signs out", () => {
  test("[U20] is told how many wait, and nothing happens", async () => {
    const browser = new QueueBrowser();
    await openPage(browser);
    void sync.mutate(putCard, { id: "z" });
    await settle();
    await openPage(browser);
    await connect();
    void sync.mutate(countUp, { id: "a" });
    await settle();

    const leaving = sync.signOut();

    await expect(leaving).rejects.toThrow(MutationsLeft);
    await expect(leaving).rejects.toMatchObject({ code: "mutations_left", count: 2 });
    expect([sync.status.type, counts()]).toEqual(["live", 1]);
  });

  test("[U20] signs out where nothing waits", async () => {
    const browser = new QueueBrowser();
    await openPage(browser);
    await connect();

    await sync.signOut();

    expect(sync.status.type).toBe("signed_out");
  });

  test("[U20] may drop all that waits, which the other pages do then, too", async () => {
    const browser = new QueueBrowser();
    await openPage(browser);
    const there = sync;
    void there.mutate(putCard, { id: "y" });
    await settle();
    const others = there.mutate(putCard, { id: "z" });
    await settle();
    const tab = await openPage(browser);
    await connect();
    const sent = sync.mutate(countUp, { id: "a" });
    await settle();

    await sync.signOut({ mutations: "drop" });
    await settle();

    expect([browser.names, browser.doomed]).toEqual([[], []]);
    expect(await sent).toMatchObject({ type: "unknown" });
    expect(await others).toEqual({ type: "dropped" });
    expect(there.status.type).toBe("signed_out");
    await reload(browser, tab);
    expect(shown()).toEqual([]);
  });

  test("[U20] what can't be deleted then is deleted before anything is taken up again", async () => {
    const browser = new QueueBrowser();
    const tab = await openPage(browser);
    void sync.mutate(putCard, { id: "b" });
    await settle();
    browser.isBroken = true;

    const leaving = sync.signOut({ mutations: "drop" });
    await settle();
    await io.pass(3_000);
    await leaving;
    expect(browser.names).toEqual(["1 put_card"]);
    browser.isBroken = false;
    await reload(browser, tab);

    expect([shown(), browser.names, browser.doomed]).toEqual([[], [], []]);
  });

  test("[U20] a page that has not heard of it keeps nothing more for who has dropped everything", async () => {
    const browser = new QueueBrowser();
    await openPage(browser);
    void sync.mutate(putCard, { id: "a" });
    await settle();
    const outcome = sync.mutate(putCard, { id: "b" });
    await settle();
    browser.lines.clear();
    browser.mutations.clear();
    browser.eras = { ann: 1 };

    void sync.mutate(putCard, { id: "c" });
    await settle();

    expect(browser.names).toEqual([]);
    expect(await outcome).toEqual({ type: "dropped" });
    expect(sync.status.type).toBe("signed_out");
  });
});

describe("when the session has ended", () => {
  async function ended(browser: QueueBrowser): Promise<MutationOutcome> {
    await openPage(browser);
    await connect();
    const outcome = sync.mutate(countUp, { id: "a" });
    await settle();
    io.socket.close(4401);
    await settle();
    return outcome;
  }

  test("[U20] what waits is kept unseen, and goes on when the same user comes back", async () => {
    const browser = new QueueBrowser();
    const outcome = await ended(browser);

    expect(outcome).toMatchObject({ type: "unknown", detail: expect.stringContaining("it is kept") });
    expect([sync.status.type, sync.pending, browser.names]).toEqual(["signed_out", [], ["1 count_up"]]);

    sync.start("ann");
    await connect(10);

    expect(shown()).toEqual(["count_up"]);
    expect(counts()).toBe(1);
    expect(asked().at(-1)).toBe("1 count_up");
    posted.splice(0, posted.length - 1);
    await answer(done(1, 11));
    expect(told.map(({ name, outcome: { type } }) => `${name} ${type}`)).toEqual(["count_up done"]);
  });

  test("[U20] another user neither sees nor sends it", async () => {
    const browser = new QueueBrowser();
    await ended(browser);
    posted.length = 0;

    sync.start("bob");
    await connect();
    void sync.mutate(putCard, { id: "b" });
    await settle();

    expect([counts(), asked()]).toEqual([0, ["1 put_card"]]);
    expect([...browser.lines.values()].map(({ user, count }) => `${user} ${count}`).sort()).toEqual(["ann 1", "bob 1"]);
  });

  test("[U20] whoever has gone may still drop it", async () => {
    const browser = new QueueBrowser();
    await ended(browser);

    await sync.signOut({ mutations: "drop" });

    expect(browser.names).toEqual([]);
  });

  test("[U8] a request that finds nobody signed in leaves all as it was", async () => {
    const browser = new QueueBrowser();
    await openPage(browser);
    await connect();
    void sync.mutate(countUp, { id: "a" });
    await settle();

    await posted.shift()?.answer(json(401, { code: "not_signed_in" }));

    expect(shown()).toEqual(["count_up"]);
    io.socket.push(stateAt(11));
    expect(browser.names).toEqual(["1 count_up"]);
  });
});
