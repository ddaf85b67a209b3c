/** These are the alerts that are about a host now, and those that were. */

import type { Fleet } from "@neverstale/fleet-domain";
import { useCallback } from "react";
import { alertLook } from "../../alerts/shown-alerts.ts";
import { PlaceLink } from "../../components/place-link.tsx";
import { Status } from "../../components/status.tsx";
import { ClockTime } from "../../components/time.tsx";
import { goTo } from "../../state/place.ts";
import { sameRecords } from "../../state/record-lists.ts";
import { useSelection } from "../../state/replica-hooks.ts";
import { alertsOf } from "./alerts-of-host.ts";

export function HostAlerts({ hostId }: { readonly hostId: string }) {
  const alerts = useSelection(
    useCallback((fleet: Fleet) => alertsOf(fleet, hostId), [hostId]),
    sameRecords,
  );
  return (
    <section aria-labelledby="host-alerts">
      <h2 id="host-alerts">Alerts</h2>
      {alerts.length === 0 && <p className="quiet">No alert is about this host.</p>}
      <ul className="lines">
        {alerts.map((alert) => (
          <li key={alert.id} className="line-item">
            <span className="value">
              <Status look={alertLook(alert)} passing={alert.status !== "resolved"} />
            </span>
            <PlaceLink className="line-main foreign" to={(place) => goTo(place, "alerts")}>
              {alert.title}
            </PlaceLink>
            <span className="line-end">
              <ClockTime at={alert.firedAt} />
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
