import { expect, test } from "vitest";
import { Turns, TurnsByKey } from "./turns.ts";

/** Work that ends when it is told to, and notes when it began. */
function work(name: string, began: string[]) {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const run = () => {
    began.push(name);
    return promise;
  };
  return { run, end: () => resolve(name), fail: () => reject(new Error(name)) };
}

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

test("one piece of work runs at a time, in the order in which they were asked for", async () => {
  const turns = new Turns();
  const began: string[] = [];
  const [a, b, c] = [work("a", began), work("b", began), work("c", began)];

  const done = [a, b, c].map(({ run }) => turns.take(run));
  await nextTurn();
  const atFirst = [...began];
  a.end();
  await nextTurn();
  const behindIt = [...began];
  b.end();
  c.end();

  expect(atFirst).toEqual(["a"]);
  expect(behindIt).toEqual(["a", "b"]);
  expect(await Promise.all(done)).toEqual(["a", "b", "c"]);
  expect(turns.free).toBe(true);
});

test("work that comes while a turn is handed over is behind those who wait", async () => {
  const turns = new Turns();
  const began: string[] = [];
  const [a, b, c] = [work("a", began), work("b", began), work("c", began)];
  const first = turns.take(a.run).then(() => turns.take(c.run));
  const second = turns.take(b.run);

  a.end();
  await nextTurn();
  b.end();
  c.end();
  await Promise.all([first, second]);

  expect(began).toEqual(["a", "b", "c"]);
});

test("work that fails, at once or later, holds up nobody", async () => {
  const turns = new Turns();
  const began: string[] = [];
  const a = work("a", began);
  const failed = [turns.take(a.run), turns.take(() => Promise.reject(new Error("b")))];
  const thrown = turns.take(() => {
    throw new Error("c");
  });
  const last = turns.take(() => "d");

  a.fail();

  for (const outcome of [...failed, thrown]) await expect(outcome).rejects.toThrow();
  expect(await last).toBe("d");
});

test("work under different keys runs side by side, and a key is forgotten with its last work", async () => {
  const turns = new TurnsByKey();
  const began: string[] = [];
  const [a1, a2, b1] = [work("a1", began), work("a2", began), work("b1", began)];

  const done = [turns.take("a", a1.run), turns.take("a", a2.run), turns.take("b", b1.run)];
  await nextTurn();
  const atFirst = [...began];
  const keys = turns.size;
  b1.end();
  a1.fail();
  a2.end();

  expect(atFirst).toEqual(["a1", "b1"]);
  expect(keys).toBe(2);
  expect((await Promise.allSettled(done)).map(({ status }) => status)).toEqual(["rejected", "fulfilled", "fulfilled"]);
  expect(turns.size).toBe(0);
});

test("work that begins while its key is being forgotten keeps the key", async () => {
  const turns = new TurnsByKey();
  const began: string[] = [];
  const [a, b] = [work("a", began), work("b", began)];
  const thrown = () => {
    throw new Error("at once");
  };

  const failed = [turns.take("key", thrown)];
  const done = Promise.resolve().then(() => turns.take("key", a.run));
  failed.push(turns.take("key", thrown));
  await Promise.allSettled(failed);
  const behindIt = turns.take("key", b.run);
  await nextTurn();
  const atFirst = [...began];
  a.end();
  b.end();

  expect(atFirst).toEqual(["a"]);
  expect(await Promise.all([done, behindIt])).toEqual(["a", "b"]);
});
