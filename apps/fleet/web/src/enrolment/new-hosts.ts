/** Hosts that have come since an admin began to add some are known by when they enrolled. */

import type { Fleet, Host } from "@neverstale/fleet-domain";

/** The newest stand first, and no more than these are named. */
export function hostsSince(fleet: Pick<Fleet, "hosts">, since: string, most = 20): readonly Host[] {
  return [...fleet.hosts.values()]
    .filter(({ enrolledAt }) => enrolledAt >= since)
    .sort((a, b) => (a.enrolledAt < b.enrolledAt ? 1 : -1))
    .slice(0, most);
}
