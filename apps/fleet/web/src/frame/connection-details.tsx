/** The details of the connection are what stands behind the badge. Their code comes after the first paint. */

import type { SyncView } from "@neverstale/client";
import { Button, Heading } from "react-aria-components";
import { CopyButton } from "../components/copy-button.tsx";
import { useNow } from "../state/io/now.ts";
import { type FleetReplica, useReplica, useSync } from "../state/replica-hooks.ts";
import { type ConnectionKnown, connectionFacts } from "./connection-facts.ts";

export function ConnectionDetails() {
  const replica = useReplica();
  const view = useSync();
  const now = useNow();
  const known = knownOf(replica, view);
  return (
    <>
      <Heading slot="title" className="badge-title">
        Connection
      </Heading>
      <dl className="badge-facts">
        {connectionFacts(known, now).map(([word, value]) => (
          <div key={word}>
            <dt>{word}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <div className="badge-actions">
        <Button className="button button-small" onPress={() => replica.refresh()}>
          Check now
        </Button>
        <CopyButton label="Copy diagnosis" text={() => diagnosisOf(replica, view)} />
      </div>
    </>
  );
}

function knownOf(replica: FleetReplica, view: SyncView): ConnectionKnown {
  const { counters, confirmedAgeMs, sharing, keptFrom, pending } = replica;
  const serverAheadMs = replica.serverNow() - Date.now();
  return { view, counters, confirmedAgeMs, sharing, keptFrom, waiting: pending.length, serverAheadMs };
}

/** It gives all that a report of a problem needs, and nothing of what the fleet holds. */
function diagnosisOf(replica: FleetReplica, view: SyncView): string {
  const { lastDivergence } = replica;
  const facts = {
    at: new Date().toISOString(),
    ...knownOf(replica, view),
    lastDivergence,
    digest: replica.digest(),
    agent: navigator.userAgent,
  };
  return JSON.stringify(facts, null, 2);
}
