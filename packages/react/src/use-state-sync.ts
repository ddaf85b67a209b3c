/** A component may own its replica: the hook makes it, starts it and stops it. */

import { StateSync } from "@neverstale/client";
import { type OwnedReplica, type OwnedReplicaOptions, ownedReplica } from "@neverstale/client/bindings";
import type { AnyState } from "@neverstale/protocol";
import { useEffect, useState } from "react";

/**
 * It returns a replica that follows the authority for as long as the component is there, also under StrictMode and hot reload. Hand it
 * to a `SyncProvider`. With another `url` it is another replica. Another `user` clears what was shown (rule R9). All other options
 * count when the replica is made.
 */
export function useStateSync<State = AnyState>(options: OwnedReplicaOptions): StateSync<State> {
  const { user = null } = options;
  const owned = (held: OwnedReplica<State> | null) => ownedReplica(held, options, (all) => new StateSync<State>(all));
  const [held, hold] = useState(() => owned(null));
  const now = owned(held);
  if (now !== held) hold(now);
  const { sync } = now;
  useEffect(() => {
    sync.start(user);
    return () => sync.stop();
  }, [sync, user]);
  return sync;
}
