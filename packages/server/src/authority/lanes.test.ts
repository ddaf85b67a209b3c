import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { Lanes } from "./lanes.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

test("[A2] lanes take turns, and each keeps its order however long it is", () => {
  const lanes = new Lanes<string>();
  const long = Array.from({ length: 5_000 }, (_, n) => `a${n}`);
  for (const item of long) lanes.push("a", item);
  for (const item of ["b0", "b1"]) lanes.push("b", item);
  const taken = Array.from({ length: lanes.size }, () => lanes.next() as string);

  expect(taken.slice(0, 5)).toEqual(["a0", "b0", "a1", "b1", "a2"]);
  expect(taken.filter((item) => item.startsWith("a"))).toEqual(long);
  expect([lanes.size, lanes.next()]).toEqual([0, undefined]);
});

test("[A2] no lane is always first", () => {
  const lanes = new Lanes<string>();
  for (const item of ["a0", "a1", "a2"]) lanes.push("a", item);
  for (const item of ["b0", "b1"]) lanes.push("b", item);
  lanes.push("c", "c0");
  const taken = [lanes.next(), lanes.next(), lanes.next()];
  lanes.push("d", "d0");
  while (lanes.size > 0) taken.push(lanes.next());

  expect(taken).toEqual(["a0", "b0", "c0", "a1", "b1", "d0", "a2"]);
});

test("[P4] a lane that is never empty doesn't hold what was taken from it", async () => {
  const lanes = new Lanes<object>();
  const first = new WeakRef({ data: "of the first" });
  lanes.push("main", first.deref() as object);
  for (let n = 0; n < 4_000; n += 1) {
    lanes.push("main", {});
    lanes.next();
  }
  await new Promise((resolve) => setTimeout(resolve, 0)); // A reference once looked at stays until the turn ends.
  collectGarbage();

  expect(lanes.size).toBe(1);
  expect(first.deref()).toBeUndefined();
});
