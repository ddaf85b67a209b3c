import type { SyncView } from "@neverstale/client";
import { expect, test } from "vitest";
import { badgeAt, badgeOf, type CatchUps, canTryNow, NO_CATCH_UPS, nextCatchUps } from "./freshness.ts";

const NOW = new Date(2026, 4, 3, 14, 2, 49).getTime();

const LIVE: SyncView = {
  status: { type: "live" },
  outdated: false,
  way: "websocket",
  checking: false,
  loading: null,
  epoch: "e1",
  version: 48_213,
  lastConfirmedAt: NOW - 38_000,
  lastResync: null,
  lastAbsence: null,
  error: null,
};

function badge(view: Partial<SyncView>, caughtUp: CatchUps["caughtUp"] = null) {
  const whole = { ...LIVE, ...view };
  return badgeOf({ view: whole, confirmedAgeMs: whole.lastConfirmedAt === null ? null : 38_000, caughtUp }, NOW);
}

const words = (...given: Parameters<typeof badge>) => {
  const { word, detail, old } = badge(...given);
  return [word, detail, old];
};

test("[R7] live says no more than that, or that it is being checked", () => {
  expect(words({})).toEqual(["Live", null, false]);
  expect(words({ checking: true })).toEqual(["Checking", null, false]);
});

test("[R7] while it reconnects it says which try it is, when the next one comes and how old the data is", () => {
  const data = "data from 14:02:11 (38 s old)";
  expect(words({ status: { type: "connecting", attempt: 3, retryAt: NOW + 3_400 } })).toEqual([
    "Reconnecting, try 3 in 4 s",
    data,
    true,
  ]);
  expect(words({ status: { type: "connecting", attempt: 3, retryAt: null } })).toEqual([
    "Reconnecting, try 3",
    data,
    true,
  ]);
  expect(words({ status: { type: "connecting", attempt: 0, retryAt: null }, lastConfirmedAt: null })).toEqual([
    "Connecting",
    null,
    true,
  ]);
});

test("[R7] while a large state comes it says how far that is", () => {
  const loading = { receivedBytes: 660_000, totalBytes: 1_650_000 };
  expect(words({ status: { type: "catching_up" }, loading, lastConfirmedAt: null })).toEqual([
    "Loading, 40 %",
    null,
    true,
  ]);
});

test("[R7] every other status has its word, and none of them passes for fresh", () => {
  expect(words({ status: { type: "catching_up" } })).toEqual(["Catching up", "data from 14:02:11 (38 s old)", true]);
  expect(words({ status: { type: "offline" } })[0]).toBe("Offline");
  expect(words({ status: { type: "signed_out" } })).toEqual(["Session ended", null, true]);
  expect(words({ status: { type: "stale", since: NOW, why: "unconfirmed" } })).toEqual([
    "Not confirmed",
    "data from 14:02:11 (38 s old)",
    true,
  ]);
});

test("what it missed is said for some seconds", () => {
  const caughtUp = { versionsLater: 164, at: NOW - 1_000 };
  expect(words({}, caughtUp)).toEqual(["Resynced", "164 changes later", false]);
  expect(words({}, { ...caughtUp, versionsLater: -3 })[1]).toBe("an older state was put back");
  expect(words({}, { ...caughtUp, at: NOW - 60_000 })[0]).toBe("Live");
});

const through = (...views: readonly Partial<SyncView>[]) =>
  views.reduce((before, view) => nextCatchUps(before, { ...LIVE, ...view }, NOW), NO_CATCH_UPS).caughtUp;

test("coming back after a cut is a catch-up, the first connection and a step behind are none", () => {
  const cut: Partial<SyncView> = { status: { type: "connecting", attempt: 1, retryAt: null } };

  expect(through(cut, { version: 5 })).toBeNull();
  expect(through({ version: 5 }, { status: { type: "catching_up" } }, { version: 6 })).toBeNull();
  expect(through({ version: 5 }, cut, { status: { type: "catching_up" } }, { version: 169 })).toEqual({
    versionsLater: 164,
    at: NOW,
  });
});

test("a resync is a catch-up too, and signing out forgets all of it", () => {
  const lastResync = { reason: "gap", at: NOW, fromVersion: 5, toVersion: 9 } as const;
  expect(through({ version: 5 }, { status: { type: "catching_up" } }, { version: 9, lastResync })?.versionsLater).toBe(
    4,
  );
  expect(
    through({ version: 5 }, { status: { type: "offline" } }, { status: { type: "signed_out" } }, { version: 9 }),
  ).toBeNull();
});

test.each([
  [{ type: "connecting", attempt: 3, retryAt: 1_000 }, true],
  [{ type: "connecting", attempt: 3, retryAt: null }, false],
  [{ type: "offline" }, true],
  [{ type: "live" }, false],
  [{ type: "signed_out" }, false],
] as const)("a try by hand is offered while none is under way: %o", (status, offered) => {
  expect(canTryNow({ ...LIVE, status })).toBe(offered);
});

test("a page that is paused or shows the past does not pass for live, and still says when its connection is gone", () => {
  const live = badgeOf({ view: LIVE, confirmedAgeMs: 0, caughtUp: null }, NOW);
  const offline = badgeOf({ view: { ...LIVE, status: { type: "offline" } }, confirmedAgeMs: 0, caughtUp: null }, NOW);
  const at = (badge: typeof live) => (["live", "held", "past"] as const).map((kind) => badgeAt(badge, { kind }).word);

  expect(at(live)).toEqual(["Live", "Paused", "The past"]);
  expect(at(offline)).toEqual(["Offline", "Offline", "Offline"]);
});
