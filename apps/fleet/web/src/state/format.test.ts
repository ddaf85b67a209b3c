import { expect, test } from "vitest";
import { bytes, clock, decimal, howMany, percentage, sentences, span, timeTaken } from "./format.ts";

test("a percentage keeps its width, and what is not known is no zero", () => {
  expect([0, 4.26, 9.94, 42.4, 100].map(percentage)).toEqual(["0.0 %", "4.3 %", "9.9 %", "42 %", "100 %"]);
  expect(percentage(undefined)).toBe("–");
  expect([0.5, 12.345, 250].map(decimal)).toEqual(["0.50", "12.35", "250"]);
});

test("sizes go up in steps of a thousand", () => {
  expect([0, 999, 1_000, 9_949, 34_000_000, 999_600].map(bytes)).toEqual([
    "0 B",
    "999 B",
    "1.0 kB",
    "9.9 kB",
    "34 MB",
    "1.0 MB",
  ]);
});

test("a length of time has at most two units", () => {
  expect([-5, 340, 4_200, 9_960, 38_000, 250_000, 7_500_000, 1_047_600_000].map(timeTaken)).toEqual([
    "0 ms",
    "340 ms",
    "4.2 s",
    "10 s",
    "38 s",
    "4 min 10 s",
    "2 h 5 min",
    "12 d 3 h",
  ]);
  expect([-3_000, 900, 120_000].map(span)).toEqual(["0 s", "0 s", "2 min"]);
});

test("a time of another day says which", () => {
  const noon = new Date(2026, 4, 3, 12, 0, 7).getTime();
  expect(clock(noon, noon + 60_000)).toMatch(/^12:00:07$/);
  expect(clock(noon, noon + 86_400_000)).toMatch(/3.*12:00:07$/);
});

test("one and many", () => {
  expect([howMany(1, "host"), howMany(2_000, "host"), howMany(0, "try", "tries")]).toEqual([
    "1 host",
    "2,000 hosts",
    "0 tries",
  ]);
});

test("texts of a server become sentences", () => {
  expect(sentences("the name is wrong", "", undefined, "Try again.")).toBe("The name is wrong. Try again.");
});
