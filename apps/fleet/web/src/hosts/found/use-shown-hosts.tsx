/** A component reads the hosts that match a filter, in an order. */

import { useMemo, useSyncExternalStore } from "react";
import { useReplica } from "../../state/replica-hooks.ts";
import { FollowedHosts } from "./followed-hosts.ts";
import type { HostQuery, ShownHosts } from "./host-index.ts";
import { sampled } from "./io/sampled.ts";

/** It renders again some times a second at most, and only when something that is shown of these hosts has changed. */
export function useShownHosts({ filter, sort }: HostQuery): ShownHosts {
  const replica = useReplica();
  const { column, descending } = sort === "none" || sort === null ? { column: sort, descending: false } : sort;
  const hosts = useMemo(() => {
    const wanted = column === null || column === "none" ? column : { column, descending };
    return new FollowedHosts(replica, { filter, sort: wanted }, sampled());
  }, [replica, filter, column, descending]);
  return useSyncExternalStore(hosts.subscribe, () => hosts.shown);
}
