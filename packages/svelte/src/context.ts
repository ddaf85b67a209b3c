/** A component hands a replica down to the hooks below it. */

import type { Replica } from "@neverstale/client";
import { getContext, hasContext, setContext } from "svelte";
import { type Current, type Given, givenOf } from "./current.ts";

/** Call it while a component is made: what is below it reads this replica. It never starts or stops it. */
export function provideSync<State>(sync: Given<Replica<State>> | Current<Replica<State>>): void {
  setContext(SYNC, {
    get current() {
      return "current" in sync ? sync.current : givenOf(sync);
    },
  });
}

/** It returns the replica of the nearest `provideSync`, for what the other hooks don't cover. */
export function useReplica<State>(): Current<Replica<State>> {
  if (!hasContext(SYNC)) throw new Error("this hook is used outside of a component that has called provideSync");
  return getContext<Current<Replica<State>>>(SYNC);
}

const SYNC = Symbol("neverstale");
