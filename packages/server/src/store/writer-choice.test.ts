import { expect, test } from "vitest";
import { afterCommit, INLINE, type WriterChoice } from "./writer-choice.ts";

function after(choice: WriterChoice, tookMs: readonly number[]): WriterChoice {
  return tookMs.reduce(afterCommit, choice);
}

const times = (count: number, tookMs: number): number[] => Array.from({ length: count }, () => tookMs);

test("a quick disk is written to inline", () => {
  expect(after(INLINE, times(10_000, 1.9)).where).toBe("inline");
});

test("three slow commits close together lead to the worker", () => {
  expect(after(INLINE, [2.5, 2.5]).where).toBe("inline");
  expect(after(INLINE, [2.5, 0.2, 2.5, 2.5, 2.5]).where).toBe("worker");
});

test("a slow commit now and then doesn't", () => {
  const mixed = times(500, 0).flatMap(() => [3, 0.2, 0.2, 0.2, 0.2]);

  expect(after(INLINE, mixed).where).toBe("inline");
});

test("one stall leads to the worker at once", () => {
  expect(after(INLINE, [0.2, 50]).where).toBe("worker");
});

test("a row of quick commits leads back, a slow one among them starts the row anew", () => {
  const worker = after(INLINE, [50]);

  expect(after(worker, times(31, 0.3)).where).toBe("worker");
  expect(after(worker, times(32, 0.3)).where).toBe("inline");
  expect(after(worker, [...times(31, 0.3), 1.8, ...times(31, 0.3)]).where).toBe("worker");
});

test("a disk that goes to and fro is left alone longer each time, up to a bound", () => {
  let choice = after(INLINE, [50]);
  const rows: number[] = [];
  for (let n = 0; n < 8; n += 1) {
    let row = 0;
    while (choice.where === "worker") {
      choice = afterCommit(choice, 0.3);
      row += 1;
    }
    rows.push(row);
    choice = after(choice, [0.3, 50]);
  }

  expect(rows).toEqual([32, 64, 128, 256, 512, 1024, 1024, 1024]);
});

test("a long quiet time is taken for a disk that got well", () => {
  let choice: WriterChoice = { ...INLINE, patience: 1_024 };
  choice = after(choice, [...times(1_001, 0.3), 50]);

  expect(choice).toMatchObject({ where: "worker", patience: 32 });
});
