/** A component may own its replica. It is another one with another address, and starts when the component is shown. */

import type { StateSync, StateSyncOptions } from "../io/state-sync.ts";

/** The binding decides when the replica starts. */
export type OwnedReplicaOptions = Omit<StateSyncOptions, "autoStart">;

export interface OwnedReplica<State> {
  readonly url: string;
  readonly sync: StateSync<State>;
}

/** Returns the one that is held, while the address is the same. One that is made and thrown away opens nothing. */
export function ownedReplica<State>(
  held: OwnedReplica<State> | null,
  options: OwnedReplicaOptions,
  make: (options: StateSyncOptions) => StateSync<State>,
): OwnedReplica<State> {
  if (held !== null && held.url === options.url) return held;
  return { url: options.url, sync: make({ ...options, autoStart: false }) };
}
