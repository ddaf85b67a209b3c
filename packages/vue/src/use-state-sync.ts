/** A component may own its replica: the composable makes it, starts it and stops it. */

import { StateSync } from "@neverstale/client";
import { type OwnedReplica, type OwnedReplicaOptions, ownedReplica } from "@neverstale/client/bindings";
import type { AnyState } from "@neverstale/protocol";
import { type ComputedRef, computed, type MaybeRefOrGetter, toValue, watchPostEffect } from "vue";

/**
 * It refers to a replica that follows the authority for as long as the component is there. Hand it to `provideSync`. With another `url` it
 * is another replica. Another `user` clears what was shown (rule R9). All other options count when the replica is made.
 */
export function useStateSync<State = AnyState>(
  options: MaybeRefOrGetter<OwnedReplicaOptions>,
): ComputedRef<StateSync<State>> {
  const make = (all: OwnedReplicaOptions) => new StateSync<State>(all);
  let held: OwnedReplica<State> | null = null;
  const sync = computed(() => {
    held = ownedReplica(held, toValue(options), make);
    return held.sync;
  });
  const user = computed(() => toValue(options).user ?? null);
  watchPostEffect((onCleanup) => {
    const { value } = sync;
    value.start(user.value);
    onCleanup(() => value.stop());
  });
  return sync;
}
