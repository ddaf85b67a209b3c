import type { SyncView } from "@neverstale/client";
import { expect, test } from "vitest";
import { asOfWords, oldStateWords } from "./as-of.ts";

const NOON = new Date(2026, 0, 2, 12, 0, 0).getTime();
const viewOf = (rest: Partial<SyncView>) =>
  ({ status: { type: "connecting" }, epoch: "e1", lastConfirmedAt: NOON, ...rest }) as SyncView;

test("an answer says when it came, and how long ago that is", () => {
  expect(asOfWords(NOON, NOON + 75_000)).toBe("as of 12:00:00, 1 min 15 s ago");
});

test("a page that is not live says when it was so, and a live or an empty one says nothing", () => {
  const words = (rest: Partial<SyncView>, confirmedAgeMs: number | null = 38_000) =>
    oldStateWords({ view: viewOf(rest), confirmedAgeMs }, NOON + 38_000);

  expect(words({})).toBe("Not live: what is shown was so at 12:00:00, 38 s ago.");
  expect(words({ status: { type: "live" } })).toBeNull();
  expect(words({ status: { type: "signed_out" } })).toBeNull();
  expect(words({ epoch: null })).toBeNull();
  expect(words({ lastConfirmedAt: null }, null)).toMatch(/^Nobody has confirmed/);
});
