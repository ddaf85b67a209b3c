import { expect, test } from "vitest";
import { afterCommit, INLINE, type WriterChoice } from "./writer-choice.ts";

function after(choice: WriterChoice, tookMs: readonly number[]): WriterChoice {
  return tookMs.reduce(afterCommit, choice);
}

const times = (count: number, tookMs: number): number[] => Array.from({ length: count }, () => tookMs);
const WORKER = after(INLINE, [50, 50]);

test("a quick disk is written to inline", () => {
  expect(after(INLINE, times(10_000, 1.9)).where).toBe("inline");
});

test("slow commits close together lead to the worker", () => {
  expect(after(INLINE, [2.5, 2.5]).where).toBe("inline");
  expect(after(INLINE, [2.5, 0.2, 2.5, 2.5, 2.5]).where).toBe("worker");
});

test("one slow commit in twenty doesn't, one in ten does", () => {
  const oneIn = (count: number) => times(500, 0).flatMap(() => [3, ...times(count - 1, 0.2)]);

  expect(after(INLINE, oneIn(21)).where).toBe("inline");
  expect(after(INLINE, oneIn(10).slice(0, 41)).where).toBe("worker");
});

test("one stall is a hiccup, two close together lead to the worker", () => {
  expect(after(INLINE, [0.2, 50, ...times(100, 0.2), 50, ...times(100, 0.2)]).where).toBe("inline");
  expect(after(INLINE, [0.2, 50, ...times(10, 0.2), 50]).where).toBe("worker");
});

test("quick commits lead back, a slow one among them delays it", () => {
  expect(after(WORKER, times(31, 0.3)).where).toBe("worker");
  expect(after(WORKER, times(32, 0.3)).where).toBe("inline");
  expect(after(WORKER, [...times(31, 0.3), 1.8, ...times(20, 0.3)]).where).toBe("worker");
  expect(after(WORKER, [...times(31, 0.3), 1.8, ...times(21, 0.3)]).where).toBe("inline");
});

test("a disk that is slow every tenth time keeps its worker", () => {
  const mixed = times(1_000, 0).flatMap(() => [3, ...times(9, 0.2)]);

  expect(after(WORKER, mixed)).toMatchObject({ where: "worker", run: 10_000 });
});

test("a disk that goes to and fro is left alone longer each time, up to a bound", () => {
  let choice = WORKER;
  const stays: number[] = [];
  for (let n = 0; n < 8; n += 1) {
    let stay = 0;
    while (choice.where === "worker") {
      choice = afterCommit(choice, 0.3);
      stay += 1;
    }
    stays.push(stay);
    choice = after(choice, [0.3, 50, 50]);
  }

  expect(stays).toEqual([32, 64, 128, 256, 512, 1024, 1024, 1024]);
});

test("a long stay inline shows that coming back was right", () => {
  const choice = after({ ...INLINE, patience: 1_024 }, [...times(1_001, 0.3), 50, 50]);

  expect(choice).toMatchObject({ where: "worker", patience: 32 });
});
