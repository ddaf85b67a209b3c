import { expect, test } from "vitest";
import { Reachability, whyUnreachable } from "./reachability.ts";

test("a node that can't be dialled for long is told of once, until it is reached again", () => {
  const reachability = new Reachability(10);

  expect([0, 9, 10, 11, 99].map((now) => reachability.failed(now))).toEqual([false, false, true, false, false]);
  expect(reachability.isLost).toBe(true);
  reachability.reached();
  expect(reachability.isLost).toBe(false);
  expect([100, 105, 110].map((now) => reachability.failed(now))).toEqual([false, false, true]);
});

test("failures that an open link lies between don't add up", () => {
  const reachability = new Reachability(10);

  reachability.failed(0);
  reachability.reached();

  expect(reachability.failed(20)).toBe(false);
});

test.each([
  [new Error("Unexpected server response: 403"), /another node answers there/],
  [new Error("Unexpected server response: 404"), /HTTP 404.*no node of this store/],
  [new Error("connect ECONNREFUSED 10.0.0.5:8080"), /ECONNREFUSED/],
  [null, /no address/],
])("it is said why a node can't be reached: %s", (error, said) => {
  expect(whyUnreachable(error)).toMatch(said);
});
