/** A component may own its replica: the hook makes it, starts it and stops it. */

import { StateSync, type StateSyncOptions } from "@neverstale/client";
import type { AnyState } from "@neverstale/protocol";
import { useEffect, useState } from "react";

/**
 * It returns a replica that follows the authority for as long as the component is there, also under StrictMode and hot reload. Hand it
 * to a `SyncProvider`. With another `url` it is another replica. Another `user` clears what was shown (rule R9). All other options
 * count when the replica is made.
 */
export function useStateSync<State = AnyState>(options: OwnedReplicaOptions): StateSync<State> {
  const { url, user = null } = options;
  const [held, hold] = useState(() => made<State>(options));
  const now = held.url === url ? held : made<State>(options);
  if (now !== held) hold(now);
  const { sync } = now;
  useEffect(() => {
    sync.start(user);
    return () => sync.stop();
  }, [sync, user]);
  return sync;
}

/** The hook decides when the replica starts. */
export type OwnedReplicaOptions = Omit<StateSyncOptions, "autoStart">;

interface Held<State> {
  readonly url: string;
  readonly sync: StateSync<State>;
}

/** One that React makes and throws away opens nothing. */
function made<State>(options: OwnedReplicaOptions): Held<State> {
  return { url: options.url, sync: new StateSync<State>({ ...options, autoStart: false }) };
}
