/** A component may own its replica: the hook makes it, starts it and stops it. */

import { StateSync } from "@neverstale/client";
import { type OwnedReplica, type OwnedReplicaOptions, ownedReplica } from "@neverstale/client/bindings";
import type { AnyState } from "@neverstale/protocol";
import { onMount } from "svelte";
import { toStore } from "svelte/store";
import { type Current, type Given, givenOf } from "./current.ts";

/**
 * It gives a replica that follows the authority for as long as the component is there. Hand it to `provideSync`. With another `url` it is
 * another replica. Another `user` clears what was shown (rule R9). All other options count when the replica is made.
 */
export function useStateSync<State = AnyState>(options: Given<OwnedReplicaOptions>): Current<StateSync<State>> {
  const make = (all: OwnedReplicaOptions) => new StateSync<State>(all);
  let held: OwnedReplica<State> | null = null;
  const owned = (): StateSync<State> => {
    held = ownedReplica(held, givenOf(options), make);
    return held.sync;
  };
  onMount(() => {
    let following: StateSync<State> | null = null;
    const facts = toStore(() => ({ sync: owned(), user: givenOf(options).user ?? null }));
    const leave = facts.subscribe(({ sync, user }) => {
      if (following !== sync) following?.stop();
      following = sync;
      sync.start(user);
    });
    return () => {
      leave();
      following?.stop();
    };
  });
  return {
    get current() {
      return owned();
    },
  };
}
