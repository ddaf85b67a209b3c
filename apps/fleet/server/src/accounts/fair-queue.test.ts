import { expect, test } from "vitest";
import { FairQueue } from "./fair-queue.ts";

const fresh = (key: string) => ({ key, known: false });
const known = (key: string) => ({ key, known: true });

function drained(queue: FairQueue<string>): string[] {
  const order: string[] = [];
  for (let item = queue.next(); item !== null; item = queue.next()) order.push(item);
  return order;
}

test("[C21] all who wait are served in turn, one of each", () => {
  const queue = new FairQueue<string>(20);
  for (const item of ["a1", "a2", "a3"]) queue.add(fresh("a"), item);
  queue.add(fresh("b"), "b1");

  expect(drained(queue)).toEqual(["a1", "b1", "a2", "a3"]);
});

test("[C21] whoever signed in before is served first", () => {
  const queue = new FairQueue<string>(20);
  queue.add(fresh("a"), "a1");
  queue.add(known("b"), "b1");

  expect(drained(queue)).toEqual(["b1", "a1"]);
});

test("[C21] in a full queue whoever holds most places gives one up for another who holds fewer", () => {
  const queue = new FairQueue<string>(6);
  for (const item of ["1", "2", "3"]) for (const key of ["a", "b"]) queue.add(fresh(key), key + item);

  const displaced = [queue.add(fresh("c"), "c1"), queue.add(fresh("c"), "c2"), queue.add(fresh("a"), "a4")];

  expect(displaced).toEqual(["a3", "b3", "a4"]);
  expect(drained(queue)).toEqual(["a1", "b1", "c1", "a2", "b2", "c2"]);
});

test("[C21] in a queue full of those who are new, one more new one is refused and a known one is not", () => {
  const queue = new FairQueue<string>(3);
  for (const key of ["a", "b", "c"]) queue.add(fresh(key), key);

  expect([queue.add(fresh("d"), "d"), queue.add(known("e"), "e")]).toEqual(["d", "a"]);
  expect(drained(queue)).toEqual(["e", "b", "c"]);
});

test("[C21] in a queue full of those who are known no new one has a place, and they share it among them", () => {
  const queue = new FairQueue<string>(3);
  for (const item of ["a1", "a2", "a3"]) queue.add(known("a"), item);

  expect([queue.add(fresh("b"), "b"), queue.add(known("c"), "c"), queue.size]).toEqual(["b", "a3", 3]);
});
