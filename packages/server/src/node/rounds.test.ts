import { expect, test } from "vitest";
import { Rounds } from "./rounds.ts";

interface Waiting {
  readonly delayMs: number;
  readonly run: () => void;
}

test("[N3] a round that is asked for again and again begins no later for it, and is one round", async () => {
  const waiting = new Set<Waiting>();
  const after = (delayMs: number, run: () => void) => {
    const timer = { delayMs, run };
    waiting.add(timer);
    return { cancel: () => waiting.delete(timer) };
  };
  let count = 0;
  const run = () => {
    count += 1;
    return Promise.resolve();
  };
  const rounds = new Rounds({ after }, run, () => 250);

  rounds.soon();
  const [first] = waiting;
  for (let n = 0; n < 10; n += 1) rounds.soon();
  expect([...waiting]).toEqual([first]);
  waiting.clear();
  first?.run();
  await Promise.resolve();

  expect(count).toBe(1);
  expect([...waiting].map(({ delayMs }) => delayMs)).toEqual([250]);
});
