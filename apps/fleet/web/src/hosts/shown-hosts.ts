/** These selectors say which hosts the table shows and in which order, and which chosen hosts its filter hides. */

import type { Fleet, Host } from "@neverstale/fleet-domain";
import { parseHostFilter } from "@neverstale/fleet-domain/schema-free";
import { type PagePlace, parseSort } from "../state/place.ts";
import { HOST_COLUMNS, keepOrder, sortHosts } from "./host-order.ts";
import { hostRows } from "./host-rows.ts";

/** `held` is an order that must stay, because somebody points at one of the rows. The selector returns ids. */
export function selectShownHosts(
  { filter, sort }: Pick<PagePlace, "filter" | "sort">,
  held: readonly string[] | null,
): (fleet: Fleet) => readonly string[] {
  const matches = parseHostFilter(filter);
  const wanted = parseSort(sort, HOST_COLUMNS);
  return (fleet) => {
    const rows = hostRows(fleet, fleet.hosts.values()).filter(matches);
    const ordered = held === null ? sortHosts(rows, wanted) : keepOrder(rows, held);
    return ordered.map(({ host }) => host.id);
  };
}

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
