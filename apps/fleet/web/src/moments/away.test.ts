import type { SyncStatus, SyncView } from "@neverstale/client";
import type { Event } from "@neverstale/fleet-domain";
import { expect, test } from "vitest";
import { type Away, NOT_AWAY, nextAway } from "./away.ts";

const VIEW = {
  outdated: false,
  way: "websocket" as const,
  checking: false,
  loading: null,
  epoch: "e1",
  version: 1,
  lastConfirmedAt: 0,
  lastResync: null,
  lastAbsence: null,
  error: null,
};
const LIVE: SyncStatus = { type: "live" };
const CONNECTING: SyncStatus = { type: "connecting", attempt: 1, retryAt: null };

let number = 0;
function event(action: string, level: Event["level"], host = "web-1", category: Event["category"] = "system"): Event {
  number += 1;
  return { id: `e${number}`, at: "", category, level, actor: "server", host, action, message: "" };
}

/** Each step: the status, the events there are, and for how many seconds it was away when that is over. */
function after(...steps: readonly (readonly [status: SyncStatus, events: readonly Event[], awayS?: number])[]): Away {
  let lastAbsence: SyncView["lastAbsence"] = null;
  return steps.reduce<Away>((away, [status, events, awayS]) => {
    if (awayS !== undefined) lastAbsence = { durationMs: awayS * 1_000, endedAt: 0 };
    return nextAway(away, { ...VIEW, status, lastAbsence }, events, 0, null);
  }, NOT_AWAY);
}

const old = event("host_offline", "warn");
const down = event("host_offline", "warn");
const downAgain = event("host_offline", "warn");
const failed = event("command_ended", "error", "web-1", "error");
const clone = event("agent_cloned", "error", "web-1", "error");
const fine = event("command_ended", "success", "web-1", "audit");

test("after a cut it says what went wrong meanwhile, and nothing that was there before", () => {
  const { missed } = after(
    [LIVE, [old]],
    [CONNECTING, [old]],
    [{ type: "catching_up" } as SyncStatus, [old]],
    [LIVE, [old, down, downAgain, failed, clone, fine], 250],
  );

  expect(missed?.sentence).toBe(
    "In the 4 min 10 s that this page could not follow, 1 host went offline, 1 command did not succeed, 1 alarm was raised.",
  );
});

test("a page that slept without noticing a cut says it too", () => {
  expect(after([LIVE, [old]], [LIVE, [old, down], 690]).missed?.sentence).toContain("1 host went offline");
});

test("hosts that went offline in one moment are counted, each once", () => {
  const several = { ...event("hosts_offline", "warn"), details: { hosts: ["web-1", "web-2", "web-3"] } };
  const { host: _, ...without } = several;
  expect(after([LIVE, [old]], [LIVE, [old, without, down], 60]).missed?.sentence).toContain("3 hosts went offline");
});

test("nothing is said while it follows, after a blink, when all went well, or of what came before the first state", () => {
  expect(after([LIVE, [old]], [LIVE, [old, down]]).missed).toBeNull();
  expect(after([LIVE, [old]], [CONNECTING, [old]], [LIVE, [old, down]]).missed).toBeNull();
  expect(after([LIVE, [old]], [CONNECTING, [old]], [LIVE, [old, fine], 79]).missed).toBeNull();
  expect(after([CONNECTING, []], [LIVE, [old, down], 79]).missed).toBeNull();
});

test("it stays until it was read; whoever signs out leaves nothing behind", () => {
  const steps = [
    [LIVE, [old]],
    [CONNECTING, [old]],
    [LIVE, [old, down], 79],
    [LIVE, [old, down, fine]],
  ] as const;

  expect(after(...steps).missed).not.toBeNull();
  expect(after(...steps, [{ type: "signed_out" } as SyncStatus, []])).toEqual(NOT_AWAY);
});

test("it goes on from the version that was shown last, which is openable", () => {
  const missed = after([LIVE, [old]], [CONNECTING, [old]], [LIVE, [old, down], 79]).missed;

  expect(missed?.since).toBe("1.e1");
});

test("whoever comes back to a page that was closed is told what happened since, and from which version on", () => {
  const at = Date.parse("2026-03-01T12:00:00.000Z");
  const visit = { epoch: "e0", version: 40, at: at - 7_500_000 };
  const lost = { ...event("host_offline", "warn"), at: new Date(at - 60_000).toISOString() };
  const long = { ...event("host_offline", "warn", "web-2"), at: new Date(at - 8_000_000).toISOString() };
  const first = (seen: typeof visit | null, events: readonly Event[]) =>
    nextAway(NOT_AWAY, { ...VIEW, status: LIVE }, events, at, seen).missed;

  expect(first(visit, [lost, long])).toMatchObject({
    sentence: "In the 2 h 5 min since you were here, 1 host went offline.",
    since: "40.e0",
  });
  expect([first(null, [lost]), first(visit, [long]), first({ ...visit, at: at - 30_000 }, [lost])]).toEqual([
    null,
    null,
    null,
  ]);
});
