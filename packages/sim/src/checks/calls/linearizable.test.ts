import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Input, notLinearizable, type Operation } from "./linearizable.ts";

const write = (value: number): Input => ({ object: "r", do: "write", value });
const swap = (value: number): Input => ({ object: "r", do: "swap", value });
const read: Input = { object: "r", do: "read" };
const add = (key: string): Input => ({ object: "c", do: "add", key });
const count: Input = { object: "c", do: "count" };

/** A call that was answered. */
function told(input: Input, calledAt: number, answeredAt: number, output: Operation["output"] = null): Operation {
  return { client: "one", input, calledAt, answeredAt, output };
}

/** A call that never was. */
function lost(input: Input, calledAt: number): Operation {
  return { client: "one", input, calledAt, answeredAt: null, output: null };
}

describe("[A12] histories that can be put in order", () => {
  test.each<[string, Operation[]]>([
    ["nothing", []],
    ["one after the other", [told(write(1), 1, 2), told(read, 3, 4, 1), told(swap(2), 5, 6, 1), told(read, 7, 8, 2)]],
    ["a read beside a write sees what was there before", [told(write(1), 1, 9), told(read, 2, 3, null)]],
    ["a read beside a write sees what is written", [told(write(1), 1, 9), told(read, 2, 3, 1), told(read, 4, 5, 1)]],
    ["two swaps at once, the later one first", [told(swap(1), 1, 9, 2), told(swap(2), 2, 8, null)]],
    ["a lost write took effect", [lost(write(1), 1), told(read, 2, 3, 1)]],
    ["a lost write never did", [lost(write(1), 1), told(read, 2, 3, null)]],
    ["a lost write took effect much later", [lost(write(1), 1), told(read, 2, 3, null), told(read, 4, 5, 1)]],
    ["a lost write is written over by the next", [lost(write(1), 1), told(write(2), 2, 3), told(read, 4, 5, 2)]],
    ["a repeat of a key is told what the first was", [told(add("a"), 1, 2, 1), told(add("a"), 3, 4, 1)]],
    ["a repeat of a lost key", [lost(add("a"), 1), told(add("b"), 2, 3, 2), told(add("a"), 4, 5, 1)]],
    ["a lost key that took effect", [lost(add("a"), 1), told(count, 2, 3, 0), told(add("b"), 4, 5, 2)]],
    ["a lost key that never did", [lost(add("a"), 1), told(add("b"), 2, 3, 1), told(count, 4, 5, 1)]],
    ["other objects go their own way", [told(write(1), 1, 2), told(add("a"), 3, 4, 1), told(read, 5, 6, 1)]],
  ])("%s", (_, history) => {
    expect(notLinearizable(history)).toBeNull();
  });

  test("many lost calls don't slow the search down", () => {
    const writes = Array.from({ length: 60 }, (_, n) => lost(write(n), n));
    const adds = Array.from({ length: 60 }, (_, n) => lost(add(`k${n}`), n));
    const history = [...writes, ...adds, told(read, 100, 101, 59), told(read, 102, 103, 3), told(count, 100, 101, 40)];

    expect(notLinearizable(history, 5_000)).toBeNull();
  });
});

describe("[A12] histories that can't", () => {
  test.each<[string, Operation[]]>([
    ["a write that is lost after it was acknowledged", [told(write(1), 1, 2), told(read, 3, 4, null)]],
    ["a read of something nobody wrote", [told(read, 1, 2, 7)]],
    ["a read from before an acknowledged write", [told(write(1), 1, 2), told(write(2), 3, 4), told(read, 5, 6, 1)]],
    ["what was read is gone again", [told(write(1), 1, 9), told(read, 2, 3, 1), told(read, 4, 5, null)]],
    ["two swaps that both saw the same", [told(swap(1), 1, 9, null), told(swap(2), 2, 8, null)]],
    ["a refused write that is seen all the same", [told(read, 3, 4, 1)]],
    ["a lost write that is seen before it was called", [told(read, 1, 2, 1), lost(write(1), 3)]],
    [
      "a lost write that takes effect twice",
      [lost(write(1), 1), told(swap(2), 2, 3, 1), told(read, 4, 5, 2), told(read, 6, 7, 1)],
    ],
    ["a repeat of a key that runs again", [told(add("a"), 1, 2, 1), told(add("a"), 3, 4, 2)]],
    ["a repeat that runs again unseen", [told(add("a"), 1, 2, 1), told(add("a"), 3, 4, 1), told(count, 5, 6, 2)]],
    ["a lost key that takes effect twice", [lost(add("a"), 1), told(add("b"), 2, 3, 3)]],
    ["a repeat of a lost key that runs again", [lost(add("a"), 1), told(count, 2, 3, 1), told(add("a"), 4, 5, 2)]],
    ["an acknowledged key that is lost", [told(add("a"), 1, 2, 1), told(add("b"), 3, 4, 1)]],
  ])("%s", (_, history) => {
    expect(notLinearizable(history)).not.toBeNull();
  });

  test("what can't be explained is named", () => {
    const history = [told(write(1), 1, 2), told(write(2), 3, 4), told(read, 5, 6, 1)];

    expect(notLinearizable(history)).toBe(
      'r: 2 calls can be put in order, which leads to 2; then one called {"object":"r","do":"read"} at 5 and was told 1 at 6',
    );
  });

  test("a client sees its own call in what it reads after it, however early the read counts from", () => {
    const own = told(write(1), 2, 5);
    const seen = (value: number | null) => [own, { ...told(read, 2, 9, value), sees: own }];
    const repeated = [lost(add("a"), 1), told(add("b"), 2, 3, 2), told(add("a"), 4, 5, 1)];
    const counted = (value: number) => [...repeated, { ...told(count, 1, 9, value), sees: repeated[0] }];

    expect(notLinearizable(seen(1))).toBeNull();
    expect(notLinearizable(seen(null))).not.toBeNull();
    expect(notLinearizable(counted(1))).toBeNull();
    expect(notLinearizable(counted(0))).not.toBeNull();
  });
});

/** Tries every order of every choice of the lost calls. */
function byBruteForce(history: readonly Operation[]): boolean {
  const answeredLeft = history.some(({ answeredAt }) => answeredAt !== null);
  return !answeredLeft || tries(history, new Map(), { r: null, c: 0 });
}

function tries(left: readonly Operation[], keys: Map<string, number>, state: { r: unknown; c: number }): boolean {
  if (left.every(({ answeredAt }) => answeredAt === null)) return true;
  return left.some((next) => {
    if (left.some((other) => other !== next && other.answeredAt !== null && other.answeredAt < next.calledAt))
      return false;
    const { input, answeredAt, output } = next;
    const told = new Map(keys);
    const then = { ...state };
    let answer: unknown = output;
    if (input.do === "read" || input.do === "swap") answer = state.r;
    if (input.do === "write" || input.do === "swap") then.r = input.value;
    if (input.do === "count") answer = state.c;
    if (input.do === "add") {
      if (!told.has(input.key)) then.c += 1;
      answer = told.get(input.key) ?? then.c;
      told.set(input.key, answer as number);
    }
    if (answeredAt !== null && answer !== output) return false;
    return tries(
      left.filter((other) => other !== next),
      told,
      then,
    );
  });
}

const input = fc.oneof(
  fc.constant(read),
  fc.constant(count),
  fc.integer({ min: 1, max: 2 }).map(write),
  fc.integer({ min: 1, max: 2 }).map(swap),
  fc.constantFrom("a", "b").map(add),
);

const operation = fc
  .record({
    input,
    times: fc.uniqueArray(fc.integer({ min: 0, max: 12 }), { minLength: 2, maxLength: 2 }),
    isLost: fc.boolean(),
    output: fc.constantFrom(null, 0, 1, 2),
  })
  .map(({ input, times, isLost, output }): Operation => {
    const [calledAt, answeredAt] = times.sort((a, b) => a - b) as [number, number];
    const isOf = input.object === "c" ? (output ?? 1) : output === 0 ? null : output;
    return isLost ? lost(input, calledAt) : told(input, calledAt, answeredAt, isOf);
  });

test("[A12] small histories are judged as by trying every order", () => {
  const verdicts = { good: 0, bad: 0 };
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 6 }), (drawn) => {
      // Two things never happen at once.
      const history = drawn.map((one, index) => ({
        ...one,
        calledAt: one.calledAt + index / 20,
        answeredAt: one.answeredAt === null ? null : one.answeredAt + index / 20 + 0.01,
      }));
      const expected = [...Map.groupBy(history, ({ input }) => input.object).values()].every(byBruteForce);

      verdicts[expected ? "good" : "bad"] += 1;
      expect(notLinearizable(history) === null).toBe(expected);
    }),
    { numRuns: 2_000 },
  );

  expect(Math.min(verdicts.good, verdicts.bad)).toBeGreaterThan(100);
});
