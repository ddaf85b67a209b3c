/** A saved view is turned into the place that shows it, and a place into the view that is saved. */

import type { HostGroup } from "@neverstale/fleet-domain";
import type { PagePlace } from "../../state/place.ts";

export type SavedView = Pick<HostGroup, "id" | "title" | "filter" | "look">;

/** An output that is open beside the hosts stays. */
export function placeOfView(place: PagePlace, { filter, look = {} }: SavedView): PagePlace {
  const { sort = "", columns = "", layout = "" } = look;
  return { ...place, screen: "hosts", filter, sort, columns, layout };
}

/** Words that are empty are left out: then it is shown as usual. */
export function viewOfPlace({ filter, sort, columns, layout }: PagePlace): Pick<SavedView, "filter" | "look"> {
  const look = { ...(sort && { sort }), ...(columns && { columns }), ...(layout && { layout }) };
  return Object.keys(look).length === 0 ? { filter } : { filter, look };
}
