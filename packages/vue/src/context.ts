/** A component hands a replica down to the composables below it. */

import type { Replica } from "@neverstale/client";
import { type ComputedRef, computed, type InjectionKey, inject, type MaybeRefOrGetter, provide, toValue } from "vue";

/** Call it in the `setup` of a component: what is below it reads this replica. It never starts or stops it. */
export function provideSync<State>(sync: MaybeRefOrGetter<Replica<State>>): void {
  provide(
    SYNC,
    computed(() => toValue(sync)),
  );
}

/** It returns the replica of the nearest `provideSync`, for what the other composables don't cover. */
export function useReplica<State>(): ComputedRef<Replica<State>> {
  const sync = inject(SYNC, null);
  if (sync === null) throw new Error("this hook is used outside of a component that has called provideSync");
  return sync as ComputedRef<Replica<State>>;
}

const SYNC: InjectionKey<ComputedRef<unknown>> = Symbol("neverstale");
