/** A component may own its replica: the hook makes it, starts it and stops it. */

import { StateSync } from "@neverstale/client";
import { type OwnedReplica, type OwnedReplicaOptions, ownedReplica } from "@neverstale/client/bindings";
import type { AnyState } from "@neverstale/protocol";
import { type Accessor, createEffect, createMemo, on, onCleanup } from "solid-js";

/**
 * It returns a replica that follows the authority for as long as the component is there. Hand it to a `SyncProvider`. With another `url` it
 * is another replica. Another `user` clears what was shown (rule R9). All other options count when the replica is made.
 */
export function useStateSync<State = AnyState>(
  options: OwnedReplicaOptions | Accessor<OwnedReplicaOptions>,
): Accessor<StateSync<State>> {
  const given = () => (typeof options === "function" ? options() : options);
  const make = (all: OwnedReplicaOptions) => new StateSync<State>(all);
  const owned = createMemo<OwnedReplica<State> | null>((held) => ownedReplica(held, given(), make), null);
  const sync = createMemo(() => (owned() as OwnedReplica<State>).sync);
  const user = createMemo(() => given().user ?? null);
  createEffect(() => {
    const following = sync();
    createEffect(on(user, (name) => following.start(name)));
    onCleanup(() => following.stop());
  });
  return sync;
}
