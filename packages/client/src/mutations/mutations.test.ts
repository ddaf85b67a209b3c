import { type LineRequest, timeOfLine } from "@neverstale/protocol";
import { beforeEach, describe, expect, test } from "vitest";
import { json, promisesSettled } from "../environment/fake-environment-suite.ts";
import { delta } from "../machine/machine-rig-suite.ts";
import { Replica } from "../replica.ts";
import {
  A,
  addCard,
  answer,
  type Board,
  counted,
  counts,
  countUp,
  done,
  io,
  level,
  line,
  mutatedMessage,
  openBoard,
  posted,
  putCard,
  removeCard,
  stateAt,
  sync,
} from "./board-rig-suite.ts";
import type { MutationOutcome } from "./mutating.ts";

beforeEach(() => openBoard());

describe("what was asked for", () => {
  test("[U10] is shown at once, and asked of the server under the epoch of the state", async () => {
    void sync.mutate(addCard, { title: "B" });
    await promisesSettled();

    expect(sync.list("cards").map(({ title }) => title)).toEqual(["A", "B"]);
    expect(posted[0]?.request).toEqual({
      line: line(),
      epoch: "e1",
      acked: 0,
      mutations: [{ n: 1, name: "add_card", revision: 1, args: { title: "B" } }],
    });
    expect(sync.version).toBe(10);
  });

  test("[U3] has the id that the server will draw", async () => {
    void sync.mutate(addCard, { title: "B" });

    expect([...sync.state.cards.keys()]).toEqual(["a", `${line()}.1.1`]);
  });

  test("[U6] goes one request at a time, and what comes meanwhile goes together", async () => {
    for (let n = 0; n < 4; n += 1) void sync.mutate(countUp, { id: "a" });
    await promisesSettled();
    expect(posted).toHaveLength(1);

    await answer(done(1, 11));

    expect(posted).toHaveLength(1);
    expect(posted[0]?.request).toMatchObject({ acked: 1, mutations: [{ n: 2 }, { n: 3 }, { n: 4 }] });
  });

  test("[U15] that its own decision refuses is refused at once by a live replica, and nothing is sent", async () => {
    const outcome = await sync.mutate(addCard, { title: "A" });

    expect(outcome).toEqual({ type: "refused", code: "taken", detail: "There is one." });
    expect(posted).toEqual([]);
    expect(sync.pending).toEqual([]);
  });

  test("whose arguments are no JSON rejects", async () => {
    await expect(sync.mutate(addCard, { title: (() => {}) as unknown as string })).rejects.toMatchObject({
      code: "invalid_change",
    });
  });
});

describe("the overlay", () => {
  test("[U10] lies over every newer state, decided anew", async () => {
    void sync.mutate(countUp, { id: "a" });
    expect(counts()).toBe(1);

    io.socket.push(delta(10, 11, counted(5)));

    expect(counts()).toBe(6);
    expect(sync.version).toBe(11);
  });

  test("[U10] the digest and the position know the state below alone", async () => {
    const before = sync.digest();
    void sync.mutate(countUp, { id: "a" });

    expect(sync.digest()).toBe(before);
    level(10);
    expect(sync.status.type).toBe("live");
    expect(sync.counters.digestMismatches).toBe(0);
  });

  test("[U11] the frame that has the effect comes first: it is shown once all the time", async () => {
    const outcome = sync.mutate(countUp, { id: "a" });
    const seen: (number | undefined)[] = [];
    sync.subscribeCollection("cards", () => seen.push(counts()));

    io.socket.push(mutatedMessage(1, 11), delta(10, 11, counted(1)));
    await promisesSettled();
    await answer(done(1, 11));

    expect(await outcome).toEqual({ type: "done", answer: null, position: { epoch: "e1", version: 11 } });
    expect(counts()).toBe(1);
    expect(seen.every((count) => count === 1)).toBe(true);
    expect(sync.pending).toEqual([]);
  });

  test("[U12] the answer comes first: the effect goes on being shown until the frame has it", async () => {
    void sync.mutate(countUp, { id: "a" });
    await promisesSettled();
    await answer(done(1, 11));
    expect([counts(), sync.pending.length]).toEqual([1, 1]);

    io.socket.push(mutatedMessage(1, 11), delta(10, 11, counted(1)));

    expect([counts(), sync.pending.length]).toEqual([1, 0]);
  });

  test("[U12] without the message that says so, the position does", async () => {
    void sync.mutate(countUp, { id: "a" });
    await promisesSettled();
    await answer(done(1, 11));

    io.socket.push(delta(10, 11, counted(1)));

    expect([counts(), sync.pending.length]).toEqual([1, 0]);
  });

  test("[U11] of several, only those that are in the state leave it", async () => {
    for (let n = 0; n < 3; n += 1) void sync.mutate(countUp, { id: "a" });

    io.socket.push(mutatedMessage(2, 12), delta(10, 12, counted(2)));

    expect(counts()).toBe(3);
    expect(sync.pending.map(({ key }) => key)).toHaveLength(3);
  });

  test("[U13] confirming what was shown renders nothing: records that are equal keep their identity", async () => {
    void sync.mutate(countUp, { id: "a" });
    await promisesSettled();
    const shown = sync.state.cards.get("a");

    io.socket.push(mutatedMessage(1, 11), delta(10, 11, counted(1)));

    expect(sync.state.cards.get("a")).toBe(shown);
  });

  test("[U13] a record that is shown as it was, over another one than before, keeps its identity", async () => {
    void sync.mutate(putCard, { id: "b" });
    const shown = sync.state.cards.get("b");
    io.socket.push(delta(10, 11, { cards: { put: [{ id: "b", title: "b", count: 0 }] } }));
    expect(sync.state.cards.get("b")).toBe(shown);

    io.socket.push(delta(11, 12, { cards: { set: { b: { count: 1 } } } }));

    expect(sync.state.cards.get("b")).toBe(shown);
    io.socket.push(stateAt(13, A, { id: "b", title: "b", count: 2 }));
    expect(sync.state.cards.get("b")).toBe(shown);
  });

  test("[U14] a refusal takes the effect back, and what depended on it shows nothing", async () => {
    const added = sync.mutate(addCard, { title: "B" });
    const id = `${line()}.1.1`;
    const up = sync.mutate(countUp, { id });
    await promisesSettled();
    expect(sync.state.cards.get(id)?.count).toBe(1);

    await answer({ n: 1, type: "refused", version: 10, code: "board_full", detail: "No room." });

    expect(await added).toEqual({ type: "refused", code: "board_full", detail: "No room." });
    expect(sync.state.cards.has(id)).toBe(false);
    expect(sync.pending).toHaveLength(1);
    await answer({ n: 2, type: "refused", version: 10, code: "no_such_card", detail: "There is none." });
    expect(await up).toMatchObject({ type: "refused", code: "no_such_card" });
    expect(sync.list("cards")).toEqual([A]);
  });

  test("a record that is removed and put back by a refusal is the one that was there", async () => {
    const before = sync.state.cards.get("a");
    void sync.mutate(removeCard, { id: "a" });
    await promisesSettled();
    expect(sync.state.cards.size).toBe(0);

    await answer({ n: 1, type: "refused", version: 10, code: "locked", detail: "It is locked." });

    expect(sync.state.cards.get("a")).toBe(before);
  });

  test("[U10] a full state under it leaves what is pending over it", async () => {
    void sync.mutate(countUp, { id: "a" });

    io.socket.push(stateAt(20, { ...A, count: 40 }));

    expect(counts()).toBe(41);
  });

  test("those who read a record are told when it is laid over, and when not they are left alone", async () => {
    let told = 0;
    sync.subscribeRecord("cards", "a", () => {
      told += 1;
    });
    void sync.mutate(addCard, { title: "B" });
    expect(told).toBe(0);
    void sync.mutate(countUp, { id: "a" });
    expect(told).toBe(1);
    io.socket.push(delta(10, 11, { cards: { put: [{ id: "c", title: "C", count: 0 }] } }));
    expect(told).toBe(1);
  });

  test("[U15] which of them concern a record can be asked", async () => {
    void sync.mutate(countUp, { id: "a" });
    void sync.mutate(addCard, { title: "B" });

    expect(sync.pendingOf("cards", "a").map(({ name }) => name)).toEqual(["count_up"]);
    expect(sync.pending.map(({ name, wasSent }) => [name, wasSent])).toEqual([
      ["count_up", true],
      ["add_card", false],
    ]);
  });
});

describe("a lost answer", () => {
  test("[U6] is asked for again with the same numbers, and newer ones follow", async () => {
    const outcome = sync.mutate(countUp, { id: "a" });
    await promisesSettled();
    void sync.mutate(countUp, { id: "a" });
    await posted.shift()?.answer(new Error("cut"));
    await io.pass(5_000);

    expect(posted[0]?.request).toMatchObject({ acked: 0, mutations: [{ n: 1 }, { n: 2 }] });
    await answer(done(1, 11), done(2, 12));
    expect(await outcome).toMatchObject({ type: "done" });
  });

  test("[U6] is asked for again at once when the replica is live again, however often it was asked for in vain", async () => {
    void sync.mutate(countUp, { id: "a" });
    await promisesSettled();
    for (let lost = 0; lost < 8; lost += 1) {
      level(10);
      await posted.shift()?.answer(new Error("cut"));
      await io.pass(20_000);
    }
    io.socket.close(1006);
    await posted.shift()?.answer(new Error("cut"));
    await io.pass(1_500);
    expect(posted).toHaveLength(0);

    io.socket.open().push(stateAt(10, A));
    await promisesSettled();
    expect(posted).toHaveLength(0);
    level(10);
    await promisesSettled();
    expect(posted).toHaveLength(1);
  });

  test("[U8] is asked for again by a replica that is live again when the server has said, and not before", async () => {
    void sync.mutate(countUp, { id: "a" });
    await promisesSettled();
    await posted.shift()?.answer(json(429, { code: "too_many_requests" }, "7"));
    io.socket.close(1006);
    await io.pass(2_000);
    io.socket.open().push(stateAt(10, A));
    level(10);
    await promisesSettled();
    expect(posted).toHaveLength(0);

    await io.pass(5_500);

    expect(posted).toHaveLength(1);
  });

  test("[U8] a moment's refusal leaves all pending, and says when to come back", async () => {
    void sync.mutate(countUp, { id: "a" });
    await promisesSettled();
    await posted.shift()?.answer(json(429, { code: "too_many_requests" }, "7"));

    await io.pass(6_000);
    expect(posted).toHaveLength(0);
    await io.pass(1_500);
    expect(posted).toHaveLength(1);
    expect(counts()).toBe(1);
  });

  test("[U15] a repeat that is refused for good leaves what was sent unknown, and refuses what was not", async () => {
    const first = sync.mutate(countUp, { id: "a" });
    await promisesSettled();
    const second = sync.mutate(countUp, { id: "a" });
    await posted.shift()?.answer(new Error("cut"));
    await io.pass(5_000);
    await posted.shift()?.answer(json(403, { code: "forbidden", detail: "You may not." }));

    expect(await first).toMatchObject({ type: "unknown" });
    expect(await second).toMatchObject({ type: "refused", code: "forbidden" });
    expect(counts()).toBe(0);
  });

  test.each([
    ["with its effect", () => io.socket.push(delta(10, 11, counted(1)))],
    ["before its effect", () => {}],
  ])(
    "[U15] what the connection names as decided, %s, is unknown where the request is refused: another copy of it was not",
    async (_, effect) => {
      const outcome = sync.mutate(countUp, { id: "a" });
      const behind = sync.mutate(countUp, { id: "a" });
      await promisesSettled();
      io.socket.push(mutatedMessage(1, 11));
      effect();
      await posted.shift()?.answer(json(403, { code: "forbidden", detail: "You have left the team." }));

      expect(await outcome).toMatchObject({ type: "unknown", key: `${line()}.1` });
      expect(await behind).toMatchObject({ type: "refused", code: "forbidden" });
    },
  );

  test("[U15] a request that is refused speaks for itself: of a copy that comes later nobody can know, and its effect is seen", async () => {
    const outcome = sync.mutate(countUp, { id: "a" });
    await promisesSettled();
    await posted.shift()?.answer(json(403, { code: "forbidden", detail: "You may not." }));
    expect(await outcome).toMatchObject({ type: "refused", code: "forbidden" });
    expect([counts(), sync.pending.length]).toEqual([0, 0]);

    io.socket.push(delta(10, 11, counted(1)));

    expect([counts(), sync.pending.length]).toEqual([1, 0]);
  });

  test("an answer that is none counts as lost", async () => {
    void sync.mutate(countUp, { id: "a" });
    await promisesSettled();
    await posted.shift()?.answer(json(200, { it: "is a proxy's page" }));
    await io.pass(5_000);

    expect(posted[0]?.request.mutations).toMatchObject([{ n: 1 }]);
  });
});

describe("another past", () => {
  test("[U9] under another epoch all is asked again, under the one that the server names", async () => {
    void sync.mutate(countUp, { id: "a" });
    await promisesSettled();
    await posted.shift()?.answer(json(200, { epoch: "e2", outcomes: [] }));

    expect(posted[0]?.request).toMatchObject({ epoch: "e2", mutations: [{ n: 1 }] });
  });

  test("[U9b] a line that the server has less of goes on under a new one, in its order", async () => {
    const outcomes = [sync.mutate(countUp, { id: "a" }), sync.mutate(countUp, { id: "a" })];
    await promisesSettled();
    await answer(done(1, 11));
    const old = posted[0]?.request.line;
    await posted.shift()?.answer(json(200, { epoch: "e1", outcomes: [], behind: 1 }));

    expect(posted[0]?.request).toMatchObject({ acked: 0, mutations: [{ n: 1, name: "count_up" }] });
    expect(posted[0]?.request.line).not.toBe(old);
    await answer(done(1, 12));
    expect(await Promise.all(outcomes)).toMatchObject([{ type: "done" }, { type: "done" }]);
  });

  test("[U9b] of a line that the server does not know, what has lost an answer is unknown", async () => {
    const lost = sync.mutate(countUp, { id: "a" });
    await promisesSettled();
    const waiting = sync.mutate(countUp, { id: "a" });
    await posted.shift()?.answer(new Error("no answer came"));
    await io.pass(2_000);
    await posted.shift()?.answer(json(200, { epoch: "e1", outcomes: [], behind: 0 }));

    expect(await lost).toMatchObject({ type: "unknown" });
    await answer(done(1, 11));
    expect(await waiting).toMatchObject({ type: "done" });
  });

  test("[U9b] of a line that the server does not know, what was always answered goes on, and what it shows has the ids of the new line", async () => {
    const added = sync.mutate(addCard, { title: "B" });
    await promisesSettled();
    const old = posted[0]?.request.line;
    await posted.shift()?.answer(json(200, { epoch: "e1", outcomes: [], behind: 0 }));

    const { line: begun = "" } = posted[0]?.request ?? {};
    expect(begun).not.toBe(old);
    expect(sync.list("cards").map(({ id }) => id)).toEqual(["a", `${begun}.1.1`]);
    expect(sync.pending).toMatchObject([
      { key: `${begun}.1`, concerns: [{ collection: "cards", id: `${begun}.1.1` }] },
    ]);
    await answer(done(1, 11));
    expect(await added).toMatchObject({ type: "done" });
  });
});

test("[U8] what finds nobody signed in goes on when somebody signs in, also while the answer that says so is on its way", async () => {
  const outcome = sync.mutate(countUp, { id: "a" });
  await promisesSettled();
  sync.start();
  await posted.shift()?.answer(json(401, { code: "not_signed_in" }));
  await answer(done(1, 11));

  expect(await outcome).toMatchObject({ type: "done" });
});

describe("a connection that resumes below the effect of a mutation", () => {
  test("[U11] is told of it with the ones that the page has acked, and shows it until its version comes", async () => {
    void sync.mutate(countUp, { id: "a" });
    await promisesSettled();
    await answer(done(1, 12));
    io.socket.close(1006);
    await io.pass(5_000);
    io.socket.open().push(mutatedMessage(1, 11), stateAt(11, A));

    expect(counts()).toBe(1);
    io.socket.push(delta(11, 12, counted(1)));
    expect([counts(), sync.pending.length]).toEqual([1, 0]);
  });
});

describe("a backup that is restored", () => {
  test("[U10] [U12] what was in the state before, and is not in the one of the new connection, is shown over it again", async () => {
    void sync.mutate(countUp, { id: "a" });
    await promisesSettled();
    io.socket.push(mutatedMessage(1, 11));
    io.socket.push(delta(10, 11, counted(1)));
    expect(counts()).toBe(1);
    await reconnect();
    io.socket.open().push({ ...stateAt(12, A), epoch: "e2" });

    expect(counts()).toBe(1);
    io.socket.push(mutatedMessage(1, 13));
    io.socket.push(delta(12, 13, counted(1)));
    expect(counts()).toBe(1);
  });

  test("[U12] what is decided anew for the state to come is shown over it, also where the state before had it", async () => {
    const outcome = sync.mutate(countUp, { id: "a" });
    await promisesSettled();
    io.socket.push(mutatedMessage(1, 11));
    io.socket.push(delta(10, 11, counted(1)));
    io.socket.close(1006);
    await posted.shift()?.answer(new Error("cut"));
    await io.pass(5_000);
    await posted.shift()?.answer(json(200, { epoch: "e2", outcomes: [done(1, 13)] }));
    expect(await outcome).toMatchObject({ type: "done" });

    io.socket.open().push({ ...stateAt(12, A), epoch: "e2" });
    expect([counts(), sync.pending.length]).toEqual([1, 1]);
    io.socket.push(mutatedMessage(1, 13));
    io.socket.push(delta(12, 13, counted(1)));

    expect([counts(), sync.pending.length]).toEqual([1, 0]);
  });

  test("[U11] what a connection has announced, and has not brought any more, says nothing of what the next one brings", async () => {
    void sync.mutate(countUp, { id: "a" });
    await promisesSettled();
    io.socket.push(mutatedMessage(1, 11));
    await reconnect();
    io.socket.open().push({ ...stateAt(12, A), epoch: "e2" });

    expect(counts()).toBe(1);
  });

  async function reconnect(): Promise<void> {
    io.socket.close(1006);
    await io.pass(5_000);
  }
});

describe("a line that may have been dropped", () => {
  test("[U9b] leaves what was sent unknown, though it was answered, and the next one carries the time that the server names", async () => {
    const sent = sync.mutate(countUp, { id: "a" });
    await promisesSettled();
    const waiting = sync.mutate(countUp, { id: "a" });
    await posted.shift()?.answer(json(200, { epoch: "e1", outcomes: [], behind: 0, begin: 1_800_000_000_000 }));

    expect(await sent).toMatchObject({ type: "unknown" });
    expect(timeOfLine(posted[0]?.request.line ?? "")).toBe(1_800_000_000_000);
    await answer(done(1, 11));
    expect(await waiting).toMatchObject({ type: "done" });
  });
});

describe("a position of a history that nobody tells of", () => {
  test("[U12] its effect is shown until the replica is level, since this history may have it too", async () => {
    void sync.mutate(countUp, { id: "a" });
    await promisesSettled();
    await answer(done(1, 12));
    io.socket.close(1006);
    await io.pass(5_000);
    io.socket.open().push({ ...stateAt(11, A), epoch: "e2" });
    answerChecks(11, 12);
    expect(counts()).toBe(1);

    io.socket.push(mutatedMessage(1, 12));
    io.socket.push(delta(11, 12, counted(1)));

    expect([counts(), sync.pending.length]).toEqual([1, 0]);
  });

  test("[U12] its effect leaves when the replica is level without it", async () => {
    void sync.mutate(countUp, { id: "a" });
    await promisesSettled();
    await answer(done(1, 12));
    io.socket.close(1006);
    await io.pass(5_000);
    io.socket.open().push({ ...stateAt(11, A), epoch: "e2" });
    answerChecks(11, 11);
    expect(counts()).toBe(1);

    level(11);

    expect([counts(), sync.pending.length]).toEqual([0, 0]);
  });

  test("[U12] [P14] its effect leaves together with what is pending, also where the replica was started meanwhile", async () => {
    void sync.mutate(countUp, { id: "a" });
    await promisesSettled();
    await answer(done(1, 12));
    io.socket.close(1006);
    await io.pass(5_000);
    io.socket.open().push({ ...stateAt(11, A), epoch: "e2" });
    answerChecks(11, 11);
    sync.start();
    expect([counts(), sync.pending.length]).toEqual([1, 1]);

    level(11);

    expect([counts(), sync.pending.length]).toEqual([0, 0]);
  });

  /** The replica hears that the history has nothing of what it waits for. */
  function answerChecks(version: number, head: number): void {
    const asked = io.socket.sent.findLast((message) => message.type === "check");
    io.socket.push({ type: "sync", version, head, check: asked?.n ?? 0 });
  }
});

describe("offline", () => {
  test("[U19] what waits is sent in its order when there is a network again", async () => {
    io.answer = () => Promise.reject(new Error("no network"));
    for (let n = 0; n < 3; n += 1) void sync.mutate(countUp, { id: "a" });
    await io.pass(120_000);
    const requests: LineRequest[] = [];
    io.answer = async (request) => {
      requests.push(JSON.parse(request.body ?? "") as LineRequest);
      return json(200, { epoch: "e1", outcomes: [done(1, 11), done(2, 12), done(3, 13)] });
    };

    io.signal("online");
    await promisesSettled();

    expect(requests).toMatchObject([{ mutations: [{ n: 1 }, { n: 2 }, { n: 3 }] }]);
  });

  test("what was never sent can be dropped: its number is used up, and the ids behind it stay", async () => {
    void sync.mutate(countUp, { id: "a" });
    await promisesSettled();
    const dropped = sync.mutate(addCard, { title: "B" });
    void sync.mutate(addCard, { title: "C" });
    const [, second] = sync.pending;

    expect(sync.drop(sync.pending[0]?.key ?? "")).toBe(false);
    expect(sync.drop(second?.key ?? "")).toBe(true);

    expect(await dropped).toEqual({ type: "dropped" });
    expect(sync.list("cards").map(({ id }) => id)).toEqual(["a", `${line()}.3.1`]);
    await answer(done(1, 11));
    expect(posted[0]?.request.mutations).toMatchObject([
      { n: 2, name: "dropped", args: null },
      { n: 3, name: "add_card" },
    ]);
  });

  test("[U19] [B92] more than a thousand are not kept", async () => {
    const outcomes: Promise<MutationOutcome<unknown>>[] = [];
    for (let n = 0; n < 1_001; n += 1) outcomes.push(sync.mutate(countUp, { id: "a" }, { optimistic: false }));

    expect(await outcomes[1_000]).toMatchObject({ type: "refused", code: "queue_full" });
    expect(sync.pending).toHaveLength(1_000);
  });

  test("[R9] whoever signs out sees nothing of it any more, and is told what is not known", async () => {
    const sent = sync.mutate(countUp, { id: "a" });
    await promisesSettled();
    const waiting = sync.mutate(countUp, { id: "a" });

    sync.signOut();

    expect(await sent).toMatchObject({ type: "unknown" });
    expect(await waiting).toEqual({ type: "dropped" });
    expect(sync.list("cards")).toEqual([]);
    expect(sync.pending).toEqual([]);
  });

  test("after a stop and a start nothing is shown twice", async () => {
    void sync.mutate(countUp, { id: "a" });
    await promisesSettled();
    await answer(done(1, 11));
    sync.stop();
    sync.start();
    io.socket.open().push(stateAt(11, { ...A, count: 1 }));

    expect(counts()).toBe(1);
    expect(sync.pending).toEqual([]);
  });
});

test("a replica that was given no mutations says what it needs", async () => {
  const plain = new Replica<Board>({ url: "/sync", io });

  expect(() => plain.mutate(countUp, { id: "a" })).toThrow("it needs the option mutations");
  expect([plain.pending, plain.pendingOf("cards", "a"), plain.drop("x")]).toEqual([[], [], false]);
});
