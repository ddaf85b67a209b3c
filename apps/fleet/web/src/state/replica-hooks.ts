/** These hooks read the fleet's replica: a component renders again only when what it reads is another. */

import type { StateSync } from "@neverstale/fleet-client";
import type { Fleet } from "@neverstale/fleet-domain";
import { createSyncHooks } from "@neverstale/react";

export const { SyncProvider, useReplica, useSync, useRecord, useSelection } = createSyncHooks<Fleet, StateSync>();

/** This is the replica of the whole fleet, as the hooks give it. */
export type FleetReplica = StateSync;

/** It is false until the first state has come. Before that, an empty list means nothing. */
export function useLoaded(): boolean {
  return useSync((view) => view.epoch !== null);
}
