/** A share of the past names the hosts that had its tag then. Who is limited is told of those alone that he may see now, too. */

import { type GrantedTags, type Host, isHostGranted, type Share } from "@neverstale/fleet-domain";
import { pipelineShareOf } from "./pipeline-share.ts";

/**
 * A host that is gone is shown as it was. A pipeline goes on without a host that has left, as it does today. Alerts and events name hosts
 * in their words, so they are left out whole.
 */
export function sharesNow(
  shares: readonly Share[],
  tags: GrantedTags,
  hosts: ReadonlyMap<string, Host>,
): readonly Share[] {
  const isShown = (id: string) => !hosts.has(id) || isHostGranted(tags, hosts.get(id));
  return shares.flatMap((share) => {
    const own = share.hosts.filter(isShown);
    if (own.length === share.hosts.length) return [share];
    const part = share.pipeline === undefined ? null : pipelineShareOf(share.pipeline, own);
    return part === null ? [] : [{ ...share, ...part }];
  });
}
