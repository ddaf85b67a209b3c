import { expect, test } from "vitest";
import { daysWords, shownLimits } from "./about-words.ts";

test("whole days are said as days", () => {
  expect([86_400_000, 400 * 86_400_000, 3_600_000, 90_000_000].map(daysWords)).toEqual([
    "1 day",
    "400 days",
    "1 h",
    "1 d 1 h",
  ]);
});

test("the limit that is nearest to its end comes first, and no share is above 100", () => {
  const limits = [
    { name: "users", used: 10, limit: 1_000 },
    { name: "api_tokens", used: 300, limit: 200 },
    { name: "groups", used: 10, limit: 1_000 },
  ];

  expect(shownLimits(limits).map(({ words, share }) => [words, share])).toEqual([
    ["api tokens", 100],
    ["groups", 1],
    ["users", 1],
  ]);
});
