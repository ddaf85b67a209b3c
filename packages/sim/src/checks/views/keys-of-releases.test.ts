import { type Change, RECORD_EVICTED, VIEWS_REBUILT } from "@neverstale/protocol";
import { describe, expect, test } from "vitest";
import { FIRST_RELEASE, modelsOf } from "../../plan/releases.ts";
import type { HistoryMoment } from "../history.ts";
import { keysByAfter, shownOtherwise } from "./keys-of-releases.ts";

const first = modelsOf(FIRST_RELEASE, new Set());
/** It gives keys by names. */
const second = modelsOf({ ...FIRST_RELEASE, strict: true }, new Set());
const evicted: Change = { type: RECORD_EVICTED, target: "", data: { collection: "events", id: "ev-1" } };
const added: Change = { type: "event", target: "ev-9", data: {} };

function momentWith(host: { readonly cpu: number; readonly name: number }): HistoryMoment {
  const state = { hosts: new Map([["web-1", { id: "web-1", ...host }]]) };
  return { version: 7, state, whole: true, at: 0, change: null, key: null, keysBy: first.keysBy };
}

describe("by which release the records have their keys", () => {
  const before = momentWith({ cpu: 0, name: 1 });

  test("a group of evictions alone leaves them as they were, since they are computed anew only behind it", () => {
    expect(keysByAfter([evicted, evicted], before, second)).toBe(first.keysBy);
  });

  test.each([
    ["when they are computed anew", [{ type: VIEWS_REBUILT, target: "", data: {} }]],
    ["when a change is decided, with evictions or without", [added, evicted]],
  ])("they are those of the release that wrote the group %s", (_, changes) => {
    expect(keysByAfter(changes, before, second)).toBe(second.keysBy);
  });
});

describe("after a start", () => {
  test("keys that the release gives otherwise are found where a view shows something else by them", () => {
    expect(shownOtherwise(momentWith({ cpu: 0, name: 1 }), second)).toContain("operator is shown another hosts/web-1");
  });

  test("nothing is wrong where no view shows anything else, or the release is the one that gave them", () => {
    expect(shownOtherwise(momentWith({ cpu: 3, name: 6 }), second)).toBeNull();
    expect(shownOtherwise(momentWith({ cpu: 0, name: 1 }), first)).toBeNull();
  });
});
