import { expect, test } from "vitest";
import { UsedSteps } from "./used-steps.ts";

test("[C22] without a store each step counts once, and none that a process before this one may have taken", () => {
  const steps = new UsedSteps(100);

  const taken = [101, 102, 102, 101, 103].map((step) => steps.takeWithoutStore("maria", step));

  expect(taken).toEqual([false, true, false, false, true]);
  expect(steps.takeWithoutStore("ada", 102)).toBe(true);
  expect([steps.isTaken("maria", 103), steps.isTaken("maria", 104), steps.size]).toEqual([true, false, 2]);
});
