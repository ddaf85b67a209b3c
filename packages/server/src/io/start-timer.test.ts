import { expect, test } from "vitest";
import { startTimer } from "./start-timer.ts";

test.each([Number.POSITIVE_INFINITY, 2 ** 31])(
  "[A10] a time limit of %d ms is no time limit of 1 ms",
  async (delayMs) => {
    const warnings: Error[] = [];
    const note = (warning: Error) => warnings.push(warning);
    process.on("warning", note);

    const timer = startTimer(() => {}, delayMs);
    await new Promise(setImmediate);
    clearTimeout(timer);
    process.off("warning", note);

    expect(warnings).toEqual([]);
  },
);
