/** These selectors say which hosts are chosen, and which of them the table's filter hides. */

import type { Fleet, Host } from "@neverstale/fleet-domain";
import { parseHostFilter } from "@neverstale/fleet-domain/schema-free";
import { hostRows } from "./found/host-rows.ts";

/** They are in the order of the state's hosts, as the whole list is. A chosen host that has left the fleet is not among them. */
export function selectChosenHosts(ids: ReadonlySet<string>): (fleet: Fleet) => readonly Host[] {
  return (fleet) => [...fleet.hosts.values()].filter(({ id }) => ids.has(id));
}

export function selectHiddenHosts(ids: ReadonlySet<string>, filter: string): (fleet: Fleet) => readonly Host[] {
  const matches = parseHostFilter(filter);
  const chosen = selectChosenHosts(ids);
  return (fleet) => {
    const rows = hostRows(fleet, chosen(fleet));
    return rows.filter((row) => !matches(row)).map(({ host }) => host);
  };
}
