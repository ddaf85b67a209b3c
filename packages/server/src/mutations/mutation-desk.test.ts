import {
  type AskedMutation,
  defineMutation,
  type JsonValue,
  type LineAnswer,
  type LineRequest,
  lineNamed,
} from "@neverstale/protocol";
import { beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { StateManager } from "../authority/state-manager.ts";
import { VirtualRuntime } from "../runtime/virtual-runtime-suite.ts";
import { memoryStore } from "../store/memory.ts";
import { addCard, board, countUp, failOn } from "./board-suite.ts";
import { LINES_SPACE } from "./lines-space.ts";

const echo = defineMutation({
  name: "echo",
  model: board,
  args: z.object({ title: z.string() }),
  decide: (_, { title }) => ({ changes: [], answer: title }),
});

const LINE = "t0000000000000-line-of-a-page-1";
const ANN = { user: "ann", rights: null };

let runtime: VirtualRuntime;
let manager: StateManager<typeof board>;
let failures: unknown[];
let store: ReturnType<typeof memoryStore>;

beforeEach(async () => {
  runtime = new VirtualRuntime();
  store = memoryStore();
  failures = [];
  await open();
});

async function open(): Promise<void> {
  const mutations = [addCard, countUp, failOn, echo];
  const onMutationFailed = (error: unknown) => failures.push(error);
  manager = await StateManager.openWith({ model: board, store, mutations, onMutationFailed }, runtime);
}

function request(asked: readonly (readonly [n: number, name: string, args: JsonValue])[], more?: Partial<LineRequest>) {
  const mutations: AskedMutation[] = asked.map(([n, name, args]) => ({ n, name, args, revision: 1 }));
  return { line: LINE, epoch: manager.epoch, acked: 0, mutations, ...more };
}

/** What comes of a request, while time passes. */
async function mutate(asked: LineRequest, caller = ANN): Promise<unknown> {
  const settled = Promise.allSettled([manager.mutate(asked, caller)]);
  await runtime.pass(200);
  const [result] = await settled;
  if (result.status === "rejected") return result.reason;
  return result.value.outcomes.length === 0 ? result.value : result.value.outcomes;
}

const add = (n: number, title: string) => [n, "add_card", { title }] as const;
const count = (n: number, id: string) => [n, "count_up", { id }] as const;
const cardOf = (n: number) => `${LINE}.${n}.1`;

describe("a line of mutations", () => {
  test("[U4] [U5] is decided number by number, in its order, each in a transaction of its own", async () => {
    const outcomes = await mutate(request([add(1, "a"), count(2, cardOf(1)), count(3, "nobody"), count(4, cardOf(1))]));

    expect(outcomes).toEqual([
      { n: 1, type: "done", version: 1, answer: { id: cardOf(1) } },
      { n: 2, type: "done", version: 2, answer: null },
      { n: 3, type: "refused", version: 2, code: "no_such_card", detail: 'There is no card "nobody".' },
      { n: 4, type: "done", version: 3, answer: null },
    ]);
    expect([...manager.state.cards.values()]).toEqual([{ id: cardOf(1), title: "a", count: 2 }]);
  });

  test("[U7] a number that has been decided gets its outcome again, and does nothing", async () => {
    const first = await mutate(request([add(1, "a"), count(2, cardOf(1))]));
    const again = await mutate(request([add(1, "a"), count(2, cardOf(1))]));

    expect(again).toEqual(first);
    expect(manager.state.cards.get(cardOf(1))?.count).toBe(1);
    expect(manager.metrics()).toMatchObject({ mutations_done_total: 2, mutations_repeated_total: 2 });
  });

  test("[U7] two copies of one request that come at once take effect once", async () => {
    const asked = request([add(1, "a"), count(2, cardOf(1))]);

    const both = await Promise.all([mutate(asked), mutate(asked)]);

    expect(both[0]).toEqual(both[1]);
    expect(manager.state.cards.get(cardOf(1))?.count).toBe(1);
  });

  test("[U7] its row outlives a restart, in which the epoch becomes another", async () => {
    const first = await mutate(request([add(1, "a"), count(2, cardOf(1))]));
    await manager.close();
    await open();

    const again = await mutate(request([add(1, "a"), count(2, cardOf(1)), count(3, cardOf(1))]));

    expect(again).toEqual([...(first as unknown[]), { n: 3, type: "done", version: 3, answer: null }]);
  });

  test("[U8] a refusal is an outcome too: what is refused does not take effect when it could later", async () => {
    const refused = await mutate(request([count(1, cardOf(2))]));
    await mutate(request([add(2, "a")]));

    const again = await mutate(request([count(1, cardOf(2))]));

    expect(again).toEqual(refused);
    expect(manager.state.cards.get(cardOf(2))?.count).toBe(0);
  });

  test("[U9] under an epoch that is over nothing is decided, not even what was decided before", async () => {
    await mutate(request([add(1, "a")]));

    const refused = await mutate(request([add(1, "a"), add(2, "b")], { epoch: "of-long-ago" }));

    expect(refused).toEqual({ epoch: manager.epoch, outcomes: [] });
    expect(manager.state.cards.size).toBe(1);
  });

  test("[U9b] a number that does not follow the last one is not decided", async () => {
    await mutate(request([add(1, "a")]));

    expect(await mutate(request([add(3, "c")]))).toMatchObject({ outcomes: [], behind: 1 });
    expect(await mutate(request([add(3, "c")], { line: "t0000000000000-another-line-1" }))).toMatchObject({
      behind: 0,
    });
    expect(manager.state.cards.size).toBe(1);
  });

  test("nobody goes on with the line of somebody else", async () => {
    await mutate(request([add(1, "a")]));

    expect(await mutate(request([add(2, "b")]), { user: "bob", rights: null })).toMatchObject({ code: "forbidden" });
    expect(await mutate(request([add(1, "a")]), { user: "bob", rights: null })).toMatchObject({ code: "forbidden" });
  });

  test("[B89] of a page that never says what it has heard of, 256 outcomes are kept", async () => {
    for (let first = 1; first <= 300; first += 50)
      await mutate(request(Array.from({ length: 50 }, (_, index) => add(first + index, "a"))));

    expect(await mutate(request([add(44, "a"), add(45, "a")]))).toMatchObject([{ type: "gone" }, { type: "done" }]);
    expect(manager.metrics()).toMatchObject({ mutation_lines: 1 });
  });

  test("[B89] holds 128 Ki characters of outcomes that its page has not heard of, and the next ones wait for it", async () => {
    const title = "x".repeat(15 * 1024);
    const asked = request(Array.from({ length: 20 }, (_, index) => [index + 1, "echo", { title }] as const));
    const first = (await mutate(asked)) as { n: number }[];
    expect(first.map(({ n }) => n)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(await mutate(asked)).toEqual(first);

    const rest = { ...asked, acked: 8, mutations: asked.mutations.slice(8) };

    expect(((await mutate(rest)) as { n: number }[]).map(({ n }) => n)).toEqual([9, 10, 11, 12, 13, 14, 15, 16]);
  });

  test("[U3] that is begun with the name of one that made records does not reach them", async () => {
    const id = `${LINE}.1.1`;
    const made = manager.apply({ type: "card_put", target: id, data: { title: "of ann", count: 7 } });
    await Promise.all([made, runtime.pass(200)]);

    expect(await mutate(request([add(1, "of bob"), add(2, "b")]))).toMatchObject([
      { n: 1, type: "refused", code: "invalid_change" },
    ]);
    expect(manager.state.cards.get(id)?.title).toBe("of ann");
  });

  test("[U7] outcomes are kept until the page has heard of them, and answered as gone from then on", async () => {
    await mutate(request([add(1, "a"), add(2, "b")]));
    await mutate(request([add(3, "c")], { acked: 1 }));

    const again = await mutate(request([add(1, "a"), add(2, "b")]));

    expect(again).toMatchObject([
      { n: 1, type: "gone" },
      { n: 2, type: "done" },
    ]);
  });
});

describe("a mutation", () => {
  test("[U1] whose arguments the schema does not let through is refused, with what is wrong", async () => {
    const outcomes = await mutate(request([[1, "add_card", { title: 7 }]]));

    expect(outcomes).toMatchObject([
      { type: "refused", code: "invalid_args", detail: expect.stringMatching(/^title: /) },
    ]);
  });

  test.each([
    ["throw", "mutation_failed", 1],
    ["throw_half", "mutation_failed", 1],
    ["refused_change", "invalid_change", 0],
  ])(
    "[U1] [U8] whose decision fails (%s) leaves nothing behind, and is refused for ever",
    async (how, code, reported) => {
      const asked = request([[1, "fail_on", { how }], add(2, "b")]);
      const first = await mutate(asked);

      expect(first).toMatchObject([{ n: 1, type: "refused", code }]);
      expect(await mutate(asked)).toMatchObject([
        { n: 1, type: "refused", code },
        { n: 2, type: "done" },
      ]);
      expect([...manager.state.cards.values()]).toMatchObject([{ title: "b" }]);
      expect(failures).toHaveLength(reported);
    },
  );

  test("[U21] that this release does not know waits for one that does", async () => {
    expect(await mutate(request([[1, "of_tomorrow", {}]]))).toMatchObject({ code: "store_unavailable" });
    const { mutations } = request([add(1, "a")]);
    const newer = mutations.map((asked) => ({ ...asked, revision: 2 }));
    expect(await mutate({ ...request([add(1, "a")]), mutations: newer })).toMatchObject({ code: "store_unavailable" });

    expect(await mutate(request([add(1, "a")]))).toMatchObject([{ n: 1, type: "done" }]);
  });
});

describe("the lines", () => {
  test("[U9b] [B88] of a user are 256, and a line that was used within a day is not dropped for another", async () => {
    for (let page = 0; page < 256; page += 1) await begin(page);

    expect(await begin(256)).toMatchObject({ code: "too_many_requests" });
    runtime.wallOffset += 25 * 3_600_000;
    expect(await begin(256)).toMatchObject([{ type: "done" }]);

    expect(manager.space(LINES_SPACE)?.state.lines?.size).toBe(256);
    expect(manager.space(LINES_SPACE)?.state.lines?.has(lineOf(0))).toBe(false);
  });

  test("[U9b] that nobody used for 30 days go when a new one is begun", async () => {
    for (let page = 0; page < 20; page += 1) await begin(page);
    runtime.wallOffset += 31 * 24 * 3_600_000;

    await begin(20);

    expect(manager.space(LINES_SPACE)?.state.lines?.size).toBe(20 - 8 + 1);
  });

  test("[U9b] that were dropped are not begun again, whatever the clock says, and whoever asks is told how to name the next one", async () => {
    const dropped = named(runtime.wallTime(), 0);
    const unused = named(runtime.wallTime(), 1);
    await mutate(request([add(1, "a")], { line: dropped }));
    runtime.wallOffset += 31 * DAY_MS;
    await mutate(request([add(1, "b")], { line: named(runtime.wallTime(), 2) }));
    expect(manager.space(LINES_SPACE)?.state.lines?.has(dropped)).toBe(false);
    runtime.wallOffset -= 31 * DAY_MS;

    const now = runtime.wallTime();
    const answer = await mutate(request([add(1, "a")], { line: dropped }));
    expect(answer).toMatchObject({ outcomes: [], behind: 0, begin: now });
    expect(await mutate(request([add(1, "c")], { line: unused }))).toMatchObject({ outcomes: [], behind: 0 });

    const { begin } = answer as LineAnswer;
    expect(await mutate(request([add(1, "c")], { line: named(begin ?? 0, 3) }))).toMatchObject([{ type: "done" }]);
    expect([...manager.state.cards.values()].map(({ title }) => title)).toEqual(["a", "b", "c"]);
  });

  test("[A1] [U9b] that are being dropped are not told of before that is stored", async () => {
    const dropped = named(runtime.wallTime(), 0);
    await mutate(request([add(1, "a")], { line: dropped }));
    runtime.wallOffset += 31 * DAY_MS;
    const disk = Promise.withResolvers<void>();
    const { commit } = store;
    store.commit = (group) => disk.promise.then(() => commit.call(store, group));
    let told: unknown = null;

    const newer = mutate(request([add(1, "b")], { line: named(runtime.wallTime(), 1) }));
    const answer = mutate(request([add(2, "c")], { line: dropped })).then((heard) => {
      told = heard;
    });
    await runtime.pass(1_000);
    expect(told).toBeNull();
    disk.resolve();
    await Promise.all([newer, answer]);

    expect(told).toMatchObject({ outcomes: [], behind: 0 });
  });

  test("[U9b] that say that they were named later than now are kept, since all others would be old once they are dropped", async () => {
    const early = named(runtime.wallTime() + 40 * DAY_MS, 0);
    await mutate(request([add(1, "a")], { line: early }));
    runtime.wallOffset += 31 * DAY_MS;
    await mutate(request([add(1, "b")], { line: named(runtime.wallTime(), 1) }));
    expect(manager.space(LINES_SPACE)?.state.lines?.has(early)).toBe(true);
    runtime.wallOffset += 31 * DAY_MS;

    await mutate(request([add(1, "c")], { line: named(runtime.wallTime(), 2) }));

    expect(manager.space(LINES_SPACE)?.state.lines?.has(early)).toBe(false);
  });

  const DAY_MS = 24 * 3_600_000;
  const named = (at: number, page: number) => lineNamed(`line-of-a-page-${page}`, at);
  const lineOf = (page: number) => `t0000000000000-line-of-page-${String(page).padStart(4, "0")}`;
  const begin = (page: number) => mutate(request([add(1, "a")], { line: lineOf(page) }));
});

test("what is wrong with the declaration of mutations is said at the start", () => {
  const twice = StateManager.openWith({ model: board, store: memoryStore(), mutations: [addCard, addCard] }, runtime);

  return expect(twice).rejects.toThrow('two mutations named "add_card"');
});
