import { describe, expect, test } from "vitest";
import { judgeKey } from "./shared-key.ts";

describe("a node that starts with a key", () => {
  test.each([
    { noted: "a", isWriter: false, listed: 3, verdict: "right", when: "the other nodes have the same" },
    { noted: "a", isWriter: true, listed: 1, verdict: "right", when: "it had the same before" },
    { noted: null, isWriter: true, listed: 1, verdict: "note", when: "none was noted, and it decides changes" },
    { noted: null, isWriter: false, listed: 2, verdict: "right", when: "the writer is of a release that notes none" },
    { noted: "b", isWriter: false, listed: 1, verdict: "wait", when: "another one is noted, and it does not decide" },
    {
      noted: "b",
      isWriter: true,
      listed: 2,
      verdict: "wait",
      when: "another one is noted, and another node is listed",
    },
    { noted: "b", isWriter: true, listed: 0, verdict: "wait", when: "it does not know yet who is listed" },
    { noted: "b", isWriter: true, listed: 1, verdict: "note", when: "another one is noted, and it is alone" },
  ] as const)("$verdict, where $when", ({ verdict, when: _, ...standing }) => {
    expect(judgeKey({ own: "a", ...standing })).toBe(verdict);
  });
});
