/** The hosts on which something is to run are found at the moment in which it is decided, and stand in the audit event of that. */

import { type Fleet, type Host, type HostTarget, parseHostFilter } from "@neverstale/fleet-domain";
import { RequestRefusal } from "../fleet/refusal.ts";

export interface Where {
  readonly hosts?: readonly string[] | undefined;
  readonly target?: HostTarget | undefined;
}

/** It returns ids. Those that were named are returned as they were named; `isShown` says which others may be found. */
export function idsIn(fleet: Fleet, { hosts, target }: Where, isShown: (host: Host) => boolean): readonly string[] {
  if (hosts !== undefined) return hosts;
  const found = target === undefined ? [] : targetedHosts(fleet, target).filter(isShown);
  if (found.length === 0)
    throw new RequestRefusal("unknown_host", "no host is meant by that target now", {
      hint: "Nothing was started. Look at the filter in the list of hosts, and at the group.",
    });
  if (found.length > MOST_TARGETS)
    throw new RequestRefusal("bad_request", `the target means ${found.length} hosts, more than ${MOST_TARGETS}`, {
      hint: "Nothing was started. Ask for fewer of them at a time.",
    });
  return found.map(({ id }) => id);
}

const MOST_TARGETS = 10_000;

/** They are in the order of the state. All that the target says is true of each of them. */
export function targetedHosts(fleet: Fleet, { tags, filter, group }: HostTarget): Host[] {
  const filters = [filter, group === undefined ? undefined : filterOf(fleet, group)];
  const matches = filters.flatMap((text) => (text === undefined ? [] : [parseHostFilter(text)]));
  return [...fleet.hosts.values()].filter((host) => {
    if (tags !== undefined && !tags.every((tag) => host.tags.includes(tag))) return false;
    return matches.every((match) => match({ host, metrics: fleet.metrics.get(host.id) }));
  });
}

function filterOf({ groups }: Fleet, name: string): string {
  const group = groups.get(name);
  if (group !== undefined) return group.filter;
  throw new RequestRefusal("not_found", `there is no group ${name}`, {
    hint: `There are: ${[...groups.keys()].join(", ") || "none"}.`,
  });
}
