import type { Change, JsonObject, JsonValue, LineAnswer } from "@neverstale/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Applied } from "../../authority/transaction.ts";
import type { ForwardedCall, ForwardedLine } from "../node-link.ts";
import { boundedMessages } from "./bounded-messages.ts";
import { addAnswer, answersIn, type CallAnswer, eachAnswered } from "./call-answers.ts";
import { callsIn, callsSaid } from "./forwarded-calls.ts";

const jsonValue = fc.jsonValue({ maxDepth: 1 }) as fc.Arbitrary<JsonValue>;
const change: fc.Arbitrary<Change> = fc.record({
  type: fc.constantFrom("host_metrics", "event"),
  target: fc.constantFrom("", "web-1"),
  data: fc.dictionary(fc.constantFrom("cpu", "memory", "id"), fc.jsonValue({ maxDepth: 1 }), {
    maxKeys: 2,
    noNullPrototype: true,
  }) as fc.Arbitrary<JsonObject>,
});
const line: fc.Arbitrary<ForwardedLine> = fc.record({
  request: fc.record({
    line: fc.constantFrom("t0000000000000-line-of-a-page-1", "line-of-a-page-0002"),
    epoch: fc.string(),
    acked: fc.nat(3),
    mutations: fc.array(fc.record({ n: fc.nat(9), name: fc.string(), revision: fc.nat(2), args: jsonValue }), {
      maxLength: 2,
    }),
  }),
  caller: fc.record({ user: fc.string(), rights: jsonValue }),
});
const forwarded: fc.Arbitrary<ForwardedCall> = fc.record({
  change,
  options: fc.constantFrom({}, {}, {}, { space: "web" }, { ephemeral: true }, { key: { id: "k", bodyHash: "h" } }),
});

const call: fc.Arbitrary<ForwardedCall> = fc.oneof({ weight: 3, arbitrary: forwarded }, line);

function overTheLink(message: unknown) {
  return JSON.parse(JSON.stringify(message));
}

test("[W1] [U4] calls and lines of mutations that are forwarded together come as they went, in their order, with their options", () => {
  fc.assert(
    fc.property(fc.array(call, { minLength: 1, maxLength: 12 }), (calls) => {
      const { changes, runs } = overTheLink(callsSaid(7, calls));
      expect(callsIn(changes, runs)).toEqual(overTheLink(calls));
    }),
  );
});

/** Many of them go on from the one before. */
const step = fc.record({
  calls: fc.constantFrom(1, 1, 1, 2),
  versions: fc.constantFrom(1, 1, 1, 3),
  epoch: fc.constantFrom("e1", "e1", "e1", "e1", "e2"),
  as: fc.constantFrom(
    "one change",
    "one change",
    "one change",
    "another space",
    "answered",
    "replayed",
    "line",
    "refused",
  ),
});

function appliedAs(as: string, epoch: string, version: number): Applied {
  const versions = as === "another space" ? { web: 3 } : as === "replayed" ? {} : { main: version };
  return { epoch, version, versions, answer: as === "answered" ? { id: "x" } : null, replayed: as === "replayed" };
}

function lineAnswerAt(epoch: string, version: number): LineAnswer {
  return { epoch, outcomes: [{ n: 1, type: "done", version, answer: null }] };
}

test("[W1] each forwarded call is told what became of it, also where answers of many calls are said as one", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const answers: CallAnswer[] = [];
      const sent = new Map<number, unknown>();
      let [id, version] = [0, 0];
      for (const { calls, versions, epoch, as } of steps) {
        id += calls;
        version += versions;
        const error = { code: null, message: `call ${id}`, hint: "", retryAfterMs: null };
        const answer = as === "line" ? lineAnswerAt(epoch, version) : appliedAs(as, epoch, version);
        if (as === "refused") answers.push([id, error]);
        else addAnswer(answers, id, answer);
        sent.set(id, as === "refused" ? error : answer);
      }

      const told = new Map<number, unknown>();
      const tell = { answered: (to: number, it: unknown) => told.set(to, it), refused: told.set.bind(told) };
      for (const answer of answersIn(overTheLink(answers)) ?? []) eachAnswered(answer, tell);
      expect(told).toEqual(sent);
    }),
  );
});

test("a thousand answers to lone changes in a row are said as one", () => {
  const answers: CallAnswer[] = [];
  for (let n = 1; n <= 1_000; n += 1) addAnswer(answers, n, appliedAs("one change", "e", 50 + n));
  expect(answers).toEqual([[1, 1_000, appliedAs("one change", "e", 51)]]);
});

test("a run of answers of no call, of more calls than one says, or of what is no lone change, is no message", () => {
  const alone = appliedAs("one change", "e", 1);
  for (const answer of [
    [1, 0, alone],
    [1, 1e9, alone],
    [1, 2, appliedAs("answered", "e", 1)],
    [1, 1, {}],
    [1, { epoch: "e" }],
    [1],
    1,
  ])
    expect(answersIn([answer])).toBe(null);
});

test("[B81] what goes together is cut into messages within the bound, in order, and what is too large stands alone", () => {
  const items = ["a", "bb", "ccc", "d".repeat(20), "e", "f"];
  const cut = [...boundedMessages(8, items, (some) => some.join(","))];

  expect(cut.flatMap(({ items: some }) => some)).toEqual(items);
  expect(cut.map(({ from, items: [first] }) => items[from] === first)).not.toContain(false);
  expect(cut.filter(({ message }) => message.length > 8).map(({ message }) => message)).toEqual(["d".repeat(20)]);
});
