import { expect, test } from "vitest";
import { SentCalls } from "./sent-calls.ts";

function sent(): SentCalls<string> {
  const calls = new SentCalls<string>();
  calls.add(1, ["a", "b"], 10);
  calls.add(5, ["e"], 20); // The calls 3 and 4 were too large to be sent.
  calls.add(6, ["f", "g"], 30);
  return calls;
}

test("[W1] each sent call is taken once, by its number, in any order", () => {
  const calls = sent();
  expect([6, 2, 5, 7, 1].map((id) => calls.take(id))).toEqual(["f", "b", "e", "g", "a"]);
  expect([6, 2, 5, 7, 1].map((id) => calls.take(id))).toEqual([null, null, null, null, null]);
  expect(calls.oldest).toBeNull();
});

test("[W1] a number that was never sent is nobody's", () => {
  const calls = sent();
  expect([0, -1, 3, 4, 8, 1.5, Number.NaN].map((id) => calls.take(id))).toEqual(Array(7).fill(null));
  expect(calls.takeAll()).toEqual(["a", "b", "e", "f", "g"]);
});

test("[W2] the message that was sent first of those that wait is given up first, without the calls that were answered", () => {
  const calls = sent();
  calls.take(5);
  calls.take(1);
  expect(calls.oldest).toBe(10);
  expect(calls.takeOldest()).toEqual(["b"]);
  expect(calls.oldest).toBe(20);
  expect(calls.takeOldest()).toEqual([]);
  expect(calls.takeOldest()).toEqual(["f", "g"]);
  expect(calls.takeOldest()).toEqual([]);
});
