import { expect, test } from "vitest";
import { VirtualRuntime } from "../runtime/virtual-runtime-suite.ts";
import { TurnQuota } from "./turn-quota.ts";

/** What was done, with a bar where the event loop came round. */
function recorded() {
  const runtime = new VirtualRuntime();
  const quota = new TurnQuota(runtime, 2);
  const done: string[] = [];
  const ask = (name: string): void => quota.run(() => void done.push(name));
  const turn = async (): Promise<void> => {
    runtime.soon(() => void done.push("|"));
    await runtime.pass(0);
  };
  return { quota, done, ask, turn };
}

test("what has room in the turn is done at once, the rest in the next turns, in order", async () => {
  const { done, ask, turn } = recorded();
  for (const name of ["a", "b", "c", "d", "e"]) ask(name);
  expect(done).toEqual(["a", "b"]);

  await turn();
  await turn();
  expect(done.join("")).toBe("abcd|e|");
});

test("who comes later is behind those who wait, however much room there is", async () => {
  const { quota, done, ask, turn } = recorded();
  quota.run(() => {
    done.push("a");
    for (const name of ["b", "c", "d"]) ask(name);
  });
  ask("e");

  await turn();
  await turn();
  expect(done.join("")).toBe("abcd|e|");
});

test("after a turn in which nothing came there is room again", async () => {
  const { done, ask, turn } = recorded();
  ask("a");
  ask("b");
  await turn();
  ask("c");
  ask("d");
  ask("e");
  expect(done.join("")).toBe("ab|cd");
});
