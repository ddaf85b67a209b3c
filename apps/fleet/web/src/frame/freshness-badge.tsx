/** The badge of the fleet's own replica says how fresh the page is. */

import { useEffect, useState } from "react";
import { useNewerPage } from "../offline/io/offline-page.ts";
import { badgeAt, badgeOf, type CatchUps, canTryNow, NO_CATCH_UPS, nextCatchUps } from "../state/freshness.ts";
import { useNow } from "../state/io/now.ts";
import { useMoment } from "../state/moment-provider.tsx";
import { type FleetReplica, useReplica, useSync } from "../state/replica-hooks.ts";
import { BadgeAnnouncer, ConnectionBadge, NewVersion, TryNow } from "./connection-badge.tsx";

export function FreshnessBadge() {
  const replica = useReplica();
  const view = useSync();
  const now = useNow();
  const isNewer = useNewerPage();
  const { caughtUp } = useCatchUps(replica);
  const moment = useMoment();
  const badge = badgeAt(badgeOf({ view, confirmedAgeMs: replica.confirmedAgeMs, caughtUp }, now), moment);
  return (
    <>
      <BadgeAnnouncer badge={badge} />
      {(view.outdated || isNewer) && <NewVersion onReload={() => location.reload()} />}
      <ConnectionBadge badge={badge} />
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
