import type { StateSync, SyncView } from "@neverstale/client";
import type { Fleet } from "@neverstale/fleet-domain";
import { useEffect, useState } from "react";
import { clock, count, NONE, span } from "../state/format.ts";
import { badgeOf, type CatchUps, canTryNow, NO_CATCH_UPS, nextCatchUps } from "../state/freshness.ts";
import { useNow } from "../state/io/now.ts";
import { useSync } from "../state/replica-hooks.ts";
import { BadgeAnnouncer, ConnectionBadge, NewVersion, TryNow } from "./connection-badge.tsx";

/** The badge of the fleet's own replica. */
export function Freshness({ sync }: { readonly sync: StateSync<Fleet> }) {
  const view = useSync();
  const now = useNow();
  const { caughtUp } = useCatchUps(sync);
  const badge = badgeOf({ view, confirmedAgeMs: sync.confirmedAgeMs, caughtUp }, now);
  return (
    <>
      <BadgeAnnouncer badge={badge} />
      {view.outdated && <NewVersion onReload={() => location.reload()} />}
      <ConnectionBadge
        badge={badge}
        facts={factsOf(sync, view, now)}
        diagnosis={() => diagnosisOf(sync, view)}
        onCheck={() => sync.refresh()}
      />
      {canTryNow(view) && <TryNow onTry={() => sync.retry()} />}
    </>
  );
}

/** Follows every view, also those between two renders. */
function useCatchUps(sync: StateSync<Fleet>): CatchUps {
  const [catchUps, setCatchUps] = useState(NO_CATCH_UPS);
  useEffect(() => {
    const look = () => setCatchUps((before) => nextCatchUps(before, sync.view, Date.now()));
    look();
    return sync.subscribe(look);
  }, [sync]);
  return catchUps;
}

function factsOf(sync: StateSync<Fleet>, view: SyncView, now: number): readonly (readonly [string, string])[] {
  const { counters, confirmedAgeMs } = sync;
  const resyncs = Object.entries(counters.resyncs).filter(([, number]) => number > 0);
  const confirmed =
    view.lastConfirmedAt === null || confirmedAgeMs === null
      ? NONE
      : `${clock(view.lastConfirmedAt, now)}, ${span(confirmedAgeMs)} ago`;
  return [
    ["Confirmed", confirmed],
    ["Changes so far", view.epoch === null ? NONE : `${view.version.toLocaleString("en")} (the version of the state)`],
    ["Run of the server", view.epoch === null ? NONE : `${view.epoch} (its epoch: another one after each start)`],
    ["Connection lost", count(counters.reconnects, "time")],
    ["Changes that were missed", `${count(counters.gaps, "time")} (gaps)`],
    [
      "Fetched anew",
      resyncs.length === 0 ? "never" : resyncs.map(([reason, number]) => `${number} ${reason}`).join(", "),
    ],
    [
      "Compared with the server",
      `${count(counters.digestChecks, "time")} by a digest of all content, ${counters.digestMismatches} differed`,
    ],
    ...(view.error === null ? [] : [["Server says", `${view.error.code}: ${view.error.message}`] as const]),
  ];
}

/** All that a report of a problem needs, without anything of what the fleet holds. */
function diagnosisOf(sync: StateSync<Fleet>, view: SyncView): string {
  const { counters, confirmedAgeMs, lastDivergence } = sync;
  const facts = {
    at: new Date().toISOString(),
    view,
    confirmedAgeMs,
    counters,
    lastDivergence,
    digest: sync.digest(),
    agent: navigator.userAgent,
  };
  return JSON.stringify(facts, null, 2);
}
