/** The facts say in which history a connection goes on, by the epoch of today and the lineage (rules E4 and E7). */

import type { HistoryFacts } from "@neverstale/protocol";
import type { Space } from "../../space/space.ts";
import type { HubParts } from "../hub-parts.ts";

/** The newest version of which they tell is `head`. */
export function factsOf(space: Space, { groups, beaconMs }: HubParts, head: number): HistoryFacts {
  return {
    epoch: groups.epoch,
    space: space.creationId,
    model: space.model.model,
    beaconMs,
    lineage: space.lineage.toWire(head),
  };
}
