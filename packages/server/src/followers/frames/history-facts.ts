/** The facts say in which history a connection goes on, by the epoch of today and the lineage (rules E4 and E7). */

import type { HistoryFacts } from "@neverstale/protocol";
import type { Readable } from "../../space/readable.ts";
import type { HubParts } from "../hub-parts.ts";

/** The newest version of which they tell is `head`. In a view they prove the position `at` (rule V15). */
export function factsOf(readable: Readable, { groups, beaconMs }: HubParts, head: number, at: number): HistoryFacts {
  const { epoch } = groups;
  const facts = {
    epoch,
    space: readable.creationId,
    model: readable.model.model,
    beaconMs,
    lineage: readable.lineage.toWire(head),
  };
  const proof = readable.proofAt(epoch, at);
  return proof === null ? facts : { ...facts, ...proof };
}
