import { expect, test } from "vitest";
import { TestProgress } from "./progress.ts";
import { TestTimes } from "./test-times.ts";

test("a run says how long it expects to take, and after each file how far it is", () => {
  const progress = new TestProgress(new TestTimes({ "long.test.ts": 149 }), ["long.test.ts", "short.test.ts"], 2);

  expect(progress.expectation).toBe("2 files, about 1 min 15 s, 2 at a time");
  expect(progress.ended("short.test.ts", 2_000)).toBe("  0 % after 2 s, 1 of 2 files: short.test.ts");
  expect(progress.ended("long.test.ts", 150_000)).toBe("100 % after 2 min 30 s, 2 of 2 files: long.test.ts");
});
