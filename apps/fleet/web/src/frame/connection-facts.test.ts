import type { ReplicaCounters, SyncView } from "@neverstale/client";
import { expect, test } from "vitest";
import { type ConnectionKnown, connectionFacts } from "./connection-facts.ts";

const NOON = new Date(2026, 0, 2, 12, 0, 0).getTime();
const NO_RESYNCS = { gap: 0, drift: 0, digest: 0, epoch: 0, manual: 0 };
const COUNTERS = { reconnects: 1, resyncs: NO_RESYNCS, gaps: 0, digestChecks: 7, digestMismatches: 0 };
const VIEW = { epoch: "e1", version: 1_364, way: "websocket", lastConfirmedAt: NOON, lastResync: null, error: null };

function factsOf(rest: Partial<ConnectionKnown> = {}) {
  const known = {
    view: VIEW as unknown as SyncView,
    counters: COUNTERS as unknown as ReplicaCounters,
    confirmedAgeMs: 3_000,
    serverAheadMs: 0,
    sharing: null,
    keptFrom: null,
    waiting: 0,
    ...rest,
  };
  return new Map(connectionFacts(known, NOON + 3_000));
}

test("the badge tells what stands behind it in words", () => {
  const calm = factsOf();
  expect(calm.get("Confirmed")).toBe("12:00:00, 3 s ago");
  expect(calm.get("Changes so far")).toMatch(/^1,364 /);
  expect(calm.get("Fetched anew")).toBe("never");
  expect(calm.get("Clock of this machine")).toBe("as the server's");
  expect([calm.get("Kept in this browser"), calm.get("Waiting to be sent")]).toEqual(["nothing", "nothing"]);
  expect(calm.has("Server says")).toBe(false);
});

test("it says which tab leads, what is kept, what waits, and whose clock is off", () => {
  expect(factsOf({ sharing: "leads" }).get("Tabs of this browser")).toMatch(/which this tab has$/);
  expect(factsOf({ sharing: "follows" }).get("Tabs of this browser")).toMatch(/which another tab has$/);
  expect(factsOf({ keptFrom: NOON }).get("Kept in this browser")).toBe("the state of 12:00:00, until you sign out");
  expect(factsOf({ waiting: 2 }).get("Waiting to be sent")).toBe("2 changes");
  expect(factsOf({ serverAheadMs: 3_600_000 }).get("Clock of this machine")).toMatch(/^1 h behind the server's/);
  expect(factsOf({ serverAheadMs: -5_000 }).get("Clock of this machine")).toMatch(/^5 s ahead of the server's/);
});

test("it says why the state was fetched anew, and what the last time brought", () => {
  const counters = { ...COUNTERS, gaps: 2, resyncs: { ...NO_RESYNCS, gap: 2 } } as unknown as ReplicaCounters;
  const lastResync = { reason: "gap", at: NOON, fromVersion: 1_200, toVersion: 1_364 };
  const facts = factsOf({ counters, view: { ...VIEW, lastResync } as unknown as SyncView });

  expect(facts.get("Changes that were missed")).toBe("2 times (gaps)");
  expect(facts.get("Fetched anew")).toBe(
    "2 for a gap; the last time at 12:00:00, for a gap, from version 1,200 to 1,364",
  );
});
