import { collection, defineModel, defineMutation, type LineRequest, put } from "@neverstale/protocol";
import { beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { json, promisesSettled } from "../environment/fake-environment-suite.ts";
import { delta } from "../machine/machine-rig-suite.ts";
import {
  A,
  addCard,
  answer,
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
  stateAt,
  sync,
} from "./board-rig-suite.ts";

beforeEach(() => openBoard());

describe("another user", () => {
  test("[R9] waits for no answer to the one before, and is not told what that answer says", async () => {
    void sync.mutate(countUp, { id: "a" });
    await promisesSettled();
    const ofAnn = posted.shift();
    sync.signOut();
    sync.start("bob");
    io.socket.open().push(stateAt(10, A));
    level(10);
    const outcome = sync.mutate(countUp, { id: "a" });
    await promisesSettled();
    expect(posted.map(({ request }) => request.mutations.length)).toEqual([1]);
    expect(posted[0]?.request.line).not.toBe(ofAnn?.request.line);

    await ofAnn?.answer(json(403, { code: "forbidden" }));
    await answer(done(1, 11));

    expect(await outcome).toMatchObject({ type: "done" });
  });

  test("[R9] never posts what the one before has asked for, not even for a token that was refused", async () => {
    openBoard({ autoStart: false, csrf: ({ refresh }) => (refresh ? "of bob" : "of ann") });
    sync.start("ann");
    void sync.mutate(countUp, { id: "a" });
    await promisesSettled();
    const ofAnn = posted.shift();
    sync.signOut();
    sync.start("bob");

    await ofAnn?.answer(json(403, { code: "csrf_failed" }));
    await io.pass(60_000);

    expect(posted).toEqual([]);
  });

  test("[R9] never posts what waited for the token of the one before", async () => {
    let give = (_: string) => {};
    openBoard({
      autoStart: false,
      csrf: () =>
        new Promise((resolve) => {
          give = resolve;
        }),
    });
    sync.start("ann");
    void sync.mutate(countUp, { id: "a" });
    await promisesSettled();
    sync.signOut();
    give("a token");
    await io.pass(60_000);

    expect(posted).toEqual([]);
  });

  test("[R9] where nobody is signed in, nothing is taken in", async () => {
    sync.signOut();

    expect(await sync.mutate(countUp, { id: "a" })).toMatchObject({ type: "refused", code: "not_signed_in" });
    expect(sync.pending).toEqual([]);
    expect(posted).toEqual([]);
  });
});

describe("what is sent", () => {
  test("goes when the replica has been started, and not before", async () => {
    openBoard({ autoStart: false });
    void sync.mutate(countUp, { id: "a" });
    await promisesSettled();
    expect(posted).toEqual([]);

    sync.start();
    await promisesSettled();

    expect(posted).toHaveLength(1);
  });

  test("[U22] waits for as long as the server has said, however much is asked for meanwhile", async () => {
    void sync.mutate(countUp, { id: "a" });
    await promisesSettled();
    await posted.shift()?.answer(json(429, { code: "too_many_requests" }, "7"));
    for (let n = 0; n < 10; n += 1) {
      void sync.mutate(countUp, { id: "a" });
      await io.pass(600);
    }
    expect(posted).toHaveLength(0);

    await io.pass(1_100);

    expect(posted[0]?.request.mutations).toHaveLength(11);
  });

  test("[U9] is asked again at once under another epoch, also when answers were lost before", async () => {
    void sync.mutate(countUp, { id: "a" });
    await promisesSettled();
    await posted.shift()?.answer(new Error("the server is starting"));
    await io.pass(5_000);
    await posted.shift()?.answer(json(200, { epoch: "e2", outcomes: [] }));
    expect(posted[0]?.request.epoch).toBe("e2");

    await posted.shift()?.answer(json(200, { epoch: "e3", outcomes: [] }));

    expect(posted).toHaveLength(0);
    await io.pass(60_000);
    expect(posted[0]?.request.epoch).toBe("e3");
  });

  test("[U4] has room for its arguments in bytes, whatever they are written in", async () => {
    const requests: string[] = [];
    io.answer = async ({ body }) => {
      requests.push(body ?? "");
      const { mutations } = JSON.parse(body ?? "") as LineRequest;
      return json(200, { epoch: "e1", outcomes: mutations.map(({ n }) => done(n, 10)) });
    };
    for (let n = 0; n < 30; n += 1) void sync.mutate(addCard, { title: `${n}${"か".repeat(10_000)}` });
    await io.pass(1_000);

    expect(requests.length).toBeGreaterThan(10);
    for (const text of requests) expect(Buffer.byteLength(text)).toBeLessThan(100 * 1024);
  });

  test("[U4] is refused alone where its arguments fit into no request, and harms no other", async () => {
    const big = await sync.mutate(addCard, { title: "か".repeat(90_000) });
    void sync.mutate(addCard, { title: "か".repeat(84_000) });
    await promisesSettled();

    expect(big).toMatchObject({ type: "refused", code: "args_too_large" });
    expect(Buffer.byteLength(JSON.stringify(posted[0]?.request))).toBeLessThanOrEqual(256 * 1024);
    expect(sync.list("cards")).toHaveLength(2);
  });
});

describe("what a connection has announced", () => {
  test("[U11] counts no more once another one is opened", async () => {
    void sync.mutate(countUp, { id: "a" });
    io.socket.push(mutatedMessage(1, 11));
    io.socket.close(1006);
    await io.pass(5_000);
    io.socket.open().push({ ...stateAt(12, A), epoch: "e2" });

    expect(counts()).toBe(1);
    expect(sync.pending).toHaveLength(1);
  });

  test("[U11] says nothing of the history of before, which may have had another past", async () => {
    void sync.mutate(countUp, { id: "a" });
    io.socket.close(1006);
    await io.pass(5_000);
    io.socket.open().push(mutatedMessage(1, 8));
    expect(counts()).toBe(1);

    io.socket.push({ ...stateAt(8, { ...A, count: 1 }), epoch: "e2" });

    expect(counts()).toBe(1);
    await answer(done(1, 8));
    expect([counts(), sync.pending.length]).toEqual([1, 0]);
  });
});

describe("a decision", () => {
  const notes = defineModel({
    model: 1,
    collections: { cards: collection<{ id: string; at: number }>() },
    changes: { noted: put("cards") },
  });
  const deciding = (decide: (now: number) => number) =>
    defineMutation({
      name: "note",
      model: notes,
      optimistic: true,
      args: z.null(),
      decide: (_, __, { now, newId }) => [{ type: "noted", target: newId(), data: { at: decide(now) } }],
    });
  const mutate = (mutation: ReturnType<typeof deciding>) => sync.mutate(mutation as never, null as never);

  test("[U1] that comes out otherwise the second time is a fault that its caller is told of", async () => {
    let count = 0;
    await expect(mutate(deciding(() => ++count))).rejects.toThrow('"note" was decided otherwise');

    expect(sync.pending).toEqual([]);
    expect(posted).toEqual([]);
  });

  test("[U1] is made once in production, and no other is made again for it", async () => {
    io.freezes = false;
    let decided = 0;
    const counting = deciding((now) => {
      decided += 1;
      return now;
    });
    for (let n = 0; n < 500; n += 1) void mutate(counting);
    expect(decided).toBe(500);

    io.socket.push(delta(10, 11, counted(1)));

    expect(decided).toBe(1_000);
  });

  test("[U10] [U13] has the time at which it was asked for: made again on a newer state it comes out the same", async () => {
    void mutate(deciding((now) => now));
    const shown = sync.list("cards")[1];
    await io.pass(500);

    io.socket.push(delta(10, 11, counted(1)));

    expect(sync.list("cards")[1]).toBe(shown);
  });

  test("[U1] asks its replica for nothing: what it asks for is a fault", async () => {
    const asked: Promise<unknown>[] = [];
    const outcome = mutate(
      deciding((now) => {
        asked.push(expect(sync.mutate(countUp, { id: "a" })).rejects.toThrow("a decision can't mutate"));
        return now;
      }),
    );
    await Promise.all(asked);
    expect(asked.length).toBeGreaterThan(0);
    expect(sync.pending).toHaveLength(1);
    await answer(done(1, 11));
    expect(await outcome).toMatchObject({ type: "done" });

    void mutate(deciding(() => sync.digest().length));
    expect(sync.list("cards")).toHaveLength(2);
  });
});

describe("what is pending", () => {
  test("is the same list until something of it changes, and so is the list of a record", async () => {
    void sync.mutate(countUp, { id: "a" });
    await promisesSettled();
    const [all, ofRecord, ofNone] = [sync.pending, sync.pendingOf("cards", "a"), sync.pendingOf("cards", "b")];

    io.socket.push(delta(10, 11, counted(7)));

    expect(sync.pending).toBe(all);
    expect(sync.pendingOf("cards", "a")).toBe(ofRecord);
    expect(sync.pendingOf("cards", "b")).toBe(ofNone);
  });

  test("is told to those who listen, also where no record moves by it", async () => {
    const told: (boolean | undefined)[] = [];
    sync.subscribe(() => told.push(sync.pending[0]?.wasSent));
    void sync.mutate(countUp, { id: "a" }, { optimistic: false });
    await promisesSettled();
    expect(told).toEqual([true]);

    await answer(done(1, 10));

    expect(told).toEqual([true, undefined]);
  });

  test("is dropped before it is sent, and told", async () => {
    void sync.mutate(countUp, { id: "a" }, { optimistic: false });
    void sync.mutate(countUp, { id: "a" }, { optimistic: false });
    let told = 0;
    sync.subscribe(() => {
      told += 1;
    });

    sync.drop(`${line()}.2`);

    expect([told, sync.pending.length]).toEqual([1, 1]);
  });
});
