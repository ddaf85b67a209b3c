import type { AskedMutation, JsonValue, LineAnswer, LineRequest } from "@neverstale/protocol";
import { beforeEach, expect, test } from "vitest";
import { SyncHub } from "../followers/sync-hub.ts";
import { addCard, board, countUp } from "../mutations/board-suite.ts";
import { TestWire } from "../runtime/virtual-runtime-suite.ts";
import { NodeWorld, type TestNode } from "./node-world-suite.ts";

const LINE = "t0000000000000-line-of-a-page-1";
const CARD = `${LINE}.1.1`;
const ANN = { user: "ann", rights: null };

let world: NodeWorld;

beforeEach(() => {
  world = new NodeWorld();
});

const start = (address: string, options = {}) =>
  world.start(address, { model: board, mutations: [addCard, countUp], link: true, ...options });

async function two(options = {}): Promise<[TestNode, TestNode]> {
  return [await start("one:80", options), await start("two:80", options)];
}

type Asked = readonly [n: number, name: string, args: JsonValue];
const add = (n: number): Asked => [n, "add_card", { title: "a" }];
const count = (n: number, id = CARD): Asked => [n, "count_up", { id }];

/** The page knows the epoch that the node is in. */
function request({ manager }: TestNode, ...asked: Asked[]): LineRequest {
  const mutations: AskedMutation[] = asked.map(([n, name, args]) => ({ n, name, args, revision: 1 }));
  return { line: LINE, epoch: manager.epoch, acked: 0, mutations };
}

function mutate(node: TestNode, ...asked: Asked[]): Promise<LineAnswer> {
  return world.done(node.manager.mutate(request(node, ...asked), ANN));
}

function countAt({ manager }: TestNode): unknown {
  return manager.state.cards?.get(CARD)?.count;
}

test("[W1] [U4] a line that is posted at any node is decided by the writer, and the answer is the writer's", async () => {
  const [one, other] = await two();

  const answer = await mutate(other, add(1), count(2), count(3, "nobody"));

  expect(answer).toEqual({
    epoch: one.manager.epoch,
    outcomes: [
      { n: 1, type: "done", version: 1, answer: { id: CARD } },
      { n: 2, type: "done", version: 2, answer: null },
      { n: 3, type: "refused", version: 2, code: "no_such_card", detail: 'There is no card "nobody".' },
    ],
  });
  expect([countAt(one), countAt(other)]).toEqual([1, 1]);
  expect(other.manager.metrics()).toMatchObject({ node_forwarded_total: 1, mutations_done_total: 0 });
  expect(one.manager.metrics()).toMatchObject({ mutations_done_total: 2, mutation_lines: 1 });
});

test("[W1] [U7] a line goes on at another node than the one where it was begun, and its numbers are decided once", async () => {
  const [one, other] = await two();
  const first = await mutate(one, add(1), count(2));

  const again = await mutate(other, add(1), count(2), count(3));

  expect(again.outcomes).toEqual([...first.outcomes, { n: 3, type: "done", version: 3, answer: null }]);
  expect(countAt(one)).toBe(2);
});

test("[W2] [U7] a line whose answer is lost between nodes is asked for again there, and takes effect once", async () => {
  const [one, other] = await two();
  await mutate(one, add(1));
  world.links.losesAnswer = true;

  const answer = await world.done(other.manager.mutate(request(other, count(2)), ANN), 500);

  expect(answer.outcomes).toEqual([{ n: 2, type: "done", version: 2, answer: null }]);
  expect(countAt(one)).toBe(1);
  expect(other.manager.metrics()).toMatchObject({ node_forwarded_total: 2, node_waiting_calls: 0 });
});

test("[W2] a line whose answer is lost, and that finds no writer then, is unknown and not refused", async () => {
  const [one, other] = await two();
  world.links.losesAnswer = true;
  const asked = other.manager.mutate(request(other, add(1)), ANN);
  asked.catch(() => {});
  other.store.isCut = true;
  await world.done(one.manager.drain(), 3_000);
  await world.pass(6_000);

  await expect(asked).rejects.toMatchObject({ code: "outcome_unknown", hint: expect.stringContaining("same numbers") });
});

test("[U9] when the writer is gone, a line gets the epoch of the next one, under which each number is decided once", async () => {
  const [one, other] = await two();
  const third = await start("three:80");
  const first = await mutate(third, add(1), count(2));
  const before = request(third, count(2), count(3));
  one.store.isPaused = true;
  await world.pass(5_000);

  const refused = await world.done(third.manager.mutate(before, ANN));
  const again = await world.done(third.manager.mutate({ ...before, epoch: refused.epoch }, ANN));

  expect(refused).toEqual({ epoch: third.manager.epoch, outcomes: [] });
  expect(refused.epoch).not.toBe(first.epoch);
  expect(again.outcomes).toEqual([first.outcomes[1], { n: 3, type: "done", version: 3, answer: null }]);
  expect([countAt(other), countAt(third)]).toEqual([2, 2]);
});

test.each([true, false])(
  "[U7] [U9] what the writer was storing when it went (it was stored: %s) is done once when it is asked for again",
  async (isStored) => {
    const [one, other] = await two();
    await mutate(other, add(1));
    one.store.loses = { isStored };
    const asked = request(other, count(2));
    const lost = other.manager.mutate(asked, ANN).catch(({ code }: { code: string }) => code);
    await world.pass(20);
    one.store.isPaused = true;
    await world.pass(6_000);
    await world.done(lost);

    const { epoch } = await world.done(other.manager.mutate(asked, ANN));
    const again = await world.done(other.manager.mutate({ ...asked, epoch }, ANN));

    expect(again.outcomes).toEqual([{ n: 2, type: "done", version: 2, answer: null }]);
    expect(countAt(other)).toBe(1);
  },
);

test("[U11] a connection at any node is told of its line directly in front of the delta that has the effect", async () => {
  const [one, other] = await two();
  const hub = new SyncHub(other.manager, { frames: world.runtime.frames, beaconMs: 30_000 });
  const wire = new TestWire();
  hub.attach(wire, { space: "main", profile: "v1", resume: null, subject: null, lines: [LINE] });
  await world.pass(1_500);
  wire.take();

  await mutate(one, add(1), count(2));
  await mutate(other, count(3));

  expect(wire.take().map(({ type, n, version }) => [type, n, version])).toEqual([
    ["mutated", 2, 2],
    ["delta", undefined, expect.anything()],
    ["mutated", 3, 3],
    ["delta", undefined, expect.anything()],
  ]);
});

test("[W3] without a link a line is refused, and the hint has the writer's address", async () => {
  const [, other] = await two({ link: false });

  const asked = world.done(other.manager.mutate(request(other, add(1)), ANN));

  await expect(asked).rejects.toMatchObject({ code: "not_the_writer", hint: expect.stringContaining("one:80") });
});

test("[U4] what is no line is refused by the writer, wherever it is given", async () => {
  const [, other] = await two();
  const asked = { ...request(other, add(1)), line: "short" };

  await expect(world.done(other.manager.mutate(asked, ANN))).rejects.toMatchObject({ code: "bad_message" });
});

test("[B71] the bytes of lines that wait for a writer are bounded with those of all calls", async () => {
  const [one, other] = await two({ limits: { waitingBytes: 100 } });
  other.store.isCut = true;
  await world.done(one.manager.drain(), 3_000);
  const waiting = other.manager.mutate(request(other, add(1)), ANN);
  waiting.catch(() => {});

  await expect(other.manager.mutate(request(other, add(1)), ANN)).rejects.toMatchObject({ code: "too_many_requests" });
  expect(other.manager.metrics().node_waiting_bytes).toBeGreaterThan(100);
});
