/** The alerts about one host are found here. */

import type { Alert, Fleet } from "@neverstale/fleet-domain";
import { seenAlerts } from "@neverstale/fleet-domain/schema-free";

const SHOWN = 8;

/** Those that still hold stand first, and each group begins with the newest. */
export function alertsOf(
  fleet: Pick<Fleet, "alerts"> & Partial<Pick<Fleet, "shares">>,
  hostId: string,
): readonly Alert[] {
  return seenAlerts(fleet)
    .filter(({ subjects }) => Object.hasOwn(subjects, hostId))
    .toSorted(
      (a, b) => Number(a.status === "resolved") - Number(b.status === "resolved") || (a.firedAt < b.firedAt ? 1 : -1),
    )
    .slice(0, SHOWN);
}
