import type { AskedMutation } from "@neverstale/protocol";
import { beforeEach, describe, expect, test } from "vitest";
import { StateManager } from "../authority/state-manager.ts";
import { addCard, board, countUp } from "../mutations/board-suite.ts";
import { LINES_SPACE } from "../mutations/lines-space.ts";
import { TestWire, VirtualRuntime } from "../runtime/virtual-runtime-suite.ts";
import { memoryStore } from "../store/memory.ts";
import { type Attachment, SyncHub } from "./sync-hub.ts";

const LINE = "t0000000000000-line-of-a-page-1";
const CARD = `${LINE}.1.1`;

let runtime: VirtualRuntime;
let manager: StateManager<typeof board>;
let hub: SyncHub;

beforeEach(async () => {
  runtime = new VirtualRuntime();
  manager = await StateManager.openWith({ model: board, store: memoryStore(), mutations: [addCard, countUp] }, runtime);
  hub = new SyncHub(manager, { frames: runtime.frames, beaconMs: 30_000 });
});

function connect(more: Partial<Attachment> = {}) {
  const wire = new TestWire();
  const cursor = hub.attach(wire, {
    space: "main",
    profile: "v1",
    resume: null,
    subject: null,
    lines: [LINE],
    ...more,
  });
  return { wire, cursor, hub };
}

/** The types of what was sent, and of a `mutated` its number and version. */
function told({ received }: TestWire): string[] {
  return received.map((message) =>
    message.type === "mutated" ? `mutated ${message.n} at ${message.version}` : String(message.type),
  );
}

async function mutate(first: number, names: readonly ("add_card" | "count_up" | "miss")[]): Promise<void> {
  const mutations: AskedMutation[] = names.map((name, index) => ({
    n: first + index,
    name: name === "miss" ? "count_up" : name,
    revision: 1,
    args: name === "add_card" ? { title: "a" } : { id: name === "miss" ? "nobody" : CARD },
  }));
  const request = { line: LINE, epoch: manager.epoch, acked: 0, mutations };
  const done = manager.mutate(request, { user: "ann", rights: null });
  await runtime.pass(200);
  await done;
}

describe("[U11] a connection that has named a line", () => {
  test("is told of it directly in front of the delta that has the effect", async () => {
    const { wire } = connect();
    await runtime.pass(10);
    wire.take();

    await mutate(1, ["add_card", "count_up"]);

    expect(told(wire)).toEqual(["mutated 2 at 2", "delta"]);
  });

  test("is told in front of a full state of all that is in it, and of what comes after", async () => {
    await mutate(1, ["add_card"]);
    const { wire } = connect();
    await runtime.pass(10);
    await mutate(2, ["count_up"]);

    expect(told(wire).filter((type) => type !== "sync")).toEqual(["mutated 1 at 1", "init", "mutated 2 at 2", "delta"]);
  });

  test("is told in front of the first message of a connection that goes on, though nothing has moved since", async () => {
    await mutate(1, ["add_card"]);
    const resume = { epoch: manager.epoch, space: manager.space("main")?.creationId ?? "", version: 1 };
    const { wire } = connect({ resume });
    await runtime.pass(10);

    expect(told(wire).slice(0, 2)).toEqual(["mutated 1 at 1", "sync"]);
  });

  test("is told what the state has at which it goes on, and in front of the diff behind that what comes with it", async () => {
    await mutate(1, ["add_card"]);
    await mutate(2, ["count_up"]);
    const resume = { epoch: manager.epoch, space: manager.space("main")?.creationId ?? "", version: 1 };
    const { wire } = connect({ resume });
    await runtime.pass(10);

    expect(told(wire)).toEqual(["mutated 1 at 1", "mutated 2 at 2", "sync", "delta", "sync"]);
  });

  test("is told of a mutation without an effect with the next message", async () => {
    const { wire } = connect();
    await runtime.pass(10);
    await mutate(1, ["miss"]);
    wire.take();

    await runtime.pass(30_000);

    expect(told(wire)).toEqual(["mutated 1 at 0", "sync"]);
  });

  test("is told nothing of other lines, and nothing in a profile that has no word for it", async () => {
    const others = [connect({ lines: ["line-of-a-page-0002"] }), connect({ lines: [] }), connect({ profile: "plain" })];
    await runtime.pass(10);
    await mutate(1, ["add_card"]);

    for (const { wire } of others) expect(told(wire).filter((type) => type.startsWith("mutated"))).toEqual([]);
  });
});

test("nobody can follow what the authority keeps of the lines", async () => {
  await mutate(1, ["add_card"]);

  expect(() => connect({ space: LINES_SPACE })).toThrow("there is no space");
  expect(() => hub.snapshot({ space: LINES_SPACE }, 0)).toThrow("there is no space");
});

test("[U11] what is told of a line costs nothing that grows with how many mutations its page has made", async () => {
  const outcomes = { [2 ** 40]: JSON.stringify({ type: "done", version: 0, answer: null }) };
  const row = { id: LINE, user: "ann", last: 2 ** 40, usedAt: 0, outcomes };
  const made = manager.transact((_, transaction) => {
    transaction.add(LINES_SPACE, [{ type: "line_begun", target: LINE, data: row }]);
    return [];
  });
  await runtime.pass(200);
  await made;

  const { wire } = connect();
  await runtime.pass(10);

  expect(told(wire)[0]).toBe(`mutated ${2 ** 40} at 0`);
});
