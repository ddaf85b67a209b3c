/** The badge of the fleet's own replica says how fresh the page is. */

import type { SyncView } from "@neverstale/client";
import { useEffect, useState } from "react";
import { clock, howMany, NONE, span } from "../state/format.ts";
import { badgeOf, type CatchUps, canTryNow, NO_CATCH_UPS, nextCatchUps } from "../state/freshness.ts";
import { useNow } from "../state/io/now.ts";
import { type FleetReplica, useReplica, useSync } from "../state/replica-hooks.ts";
import { BadgeAnnouncer, ConnectionBadge, NewVersion, TryNow } from "./connection-badge.tsx";

export function FreshnessBadge() {
  const replica = useReplica();
  const view = useSync();
  const now = useNow();
  const { caughtUp } = useCatchUps(replica);
  const badge = badgeOf({ view, confirmedAgeMs: replica.confirmedAgeMs, caughtUp }, now);
  return (
    <>
      <BadgeAnnouncer badge={badge} />
      {view.outdated && <NewVersion onReload={() => location.reload()} />}
      <ConnectionBadge
        badge={badge}
        facts={factsOf(replica, view, now)}
        diagnosis={() => diagnosisOf(replica, view)}
        onCheck={() => replica.refresh()}
      />
      {canTryNow(view) && <TryNow onTry={() => replica.retry()} />}
    </>
  );
}

/** It looks at every view, also at those between two renders. */
function useCatchUps(replica: FleetReplica): CatchUps {
  const [catchUps, setCatchUps] = useState(NO_CATCH_UPS);
  useEffect(() => {
    const look = () => setCatchUps((before) => nextCatchUps(before, replica.view, Date.now()));
    look();
    return replica.subscribe(look);
  }, [replica]);
  return catchUps;
}

function factsOf(replica: FleetReplica, view: SyncView, now: number): readonly (readonly [string, string])[] {
  const { counters, confirmedAgeMs } = replica;
  const resyncs = Object.entries(counters.resyncs).filter(([, number]) => number > 0);
  const confirmed =
    view.lastConfirmedAt === null || confirmedAgeMs === null
      ? NONE
      : `${clock(view.lastConfirmedAt, now)}, ${span(confirmedAgeMs)} ago`;
  return [
    ["Confirmed", confirmed],
    ...(view.way === null || view.way === "websocket" ? [] : [["Way to the server", WAY_WORDS[view.way]] as const]),
    ["Changes so far", view.epoch === null ? NONE : `${view.version.toLocaleString("en")} (the version of the state)`],
    ["Run of the server", view.epoch === null ? NONE : `${view.epoch} (its epoch, a new one after each start)`],
    ["Connection lost", howMany(counters.reconnects, "time")],
    ["Changes that were missed", `${howMany(counters.gaps, "time")} (gaps)`],
    [
      "Fetched anew",
      resyncs.length === 0 ? "never" : resyncs.map(([reason, number]) => `${number} ${reason}`).join(", "),
    ],
    [
      "Compared with the server",
      `${howMany(counters.digestChecks, "time")} by a digest of all content, ${counters.digestMismatches} differed`,
    ],
    ...(view.error === null ? [] : [["Server says", `${view.error.code}: ${view.error.message}`] as const]),
  ];
}

/** The page says so where it is not the usual way: what it shows is as fresh, and comes with more effort. */
const WAY_WORDS = {
  stream: "HTTP, as a stream: this network lets no WebSocket through",
  poll: "HTTP, one request after the other: this network lets no WebSocket and no stream through",
} as const;

/** It gives all that a report of a problem needs, and nothing of what the fleet holds. */
function diagnosisOf(replica: FleetReplica, view: SyncView): string {
  const { counters, confirmedAgeMs, lastDivergence } = replica;
  const facts = {
    at: new Date().toISOString(),
    view,
    confirmedAgeMs,
    counters,
    lastDivergence,
    digest: replica.digest(),
    agent: navigator.userAgent,
  };
  return JSON.stringify(facts, null, 2);
}
