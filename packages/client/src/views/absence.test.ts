import { expect, test } from "vitest";
import type { SyncStatus } from "../machine/status.ts";
import { AbsenceWatch } from "./absence.ts";

const LIVE: SyncStatus = { type: "live" };
const CONNECTING: SyncStatus = { type: "connecting", attempt: 1, retryAt: null };
const CATCHING_UP: SyncStatus = { type: "catching_up" };

/** Each turn: the status, and the time in seconds. Returns the absence after each. */
function after(...turns: readonly (readonly [status: SyncStatus, s: number])[]) {
  const watch = new AbsenceWatch();
  return turns.map(([status, s]) => watch.note(status, s * 1_000, 1_000_000 + s * 1_000));
}

test("after a cut it tells from when to when nothing could follow", () => {
  const absences = after([LIVE, 10], [CONNECTING, 11], [CATCHING_UP, 250], [LIVE, 260], [LIVE, 261]);

  expect(absences.at(-2)).toEqual({ durationMs: 250_000, endedAt: 1_260_000 });
  expect(absences.at(-1)).toBe(absences.at(-2));
  expect(absences.slice(0, 3)).toEqual([null, null, null]);
});

test("a sleep that cut nothing is one too", () => {
  expect(after([LIVE, 10], [LIVE, 700]).at(-1)?.durationMs).toBe(690_000);
});

test("a blink is none, nor is catching up, nor the time before it was live first", () => {
  expect(after([LIVE, 10], [CONNECTING, 11], [LIVE, 14])).toEqual([null, null, null]);
  expect(after([LIVE, 10], [CATCHING_UP, 11], [LIVE, 40])).toEqual([null, null, null]);
  expect(after([CONNECTING, 10], [LIVE, 90])).toEqual([null, null]);
});

test("[R9] nothing of it is left for another user", () => {
  const watch = new AbsenceWatch();
  watch.note(LIVE, 0, 0);
  watch.note(CONNECTING, 1_000, 0);
  watch.note(LIVE, 60_000, 0);

  watch.forget();
  watch.note({ type: "signed_out" }, 61_000, 0);

  expect(watch.note(LIVE, 300_000, 0)).toBeNull();
});
