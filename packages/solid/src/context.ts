/** The provider hands a replica down to the hooks below it. */

import type { Replica } from "@neverstale/client";
import { type Accessor, createComponent, createContext, type JSX, useContext } from "solid-js";

const SyncContext = createContext<Accessor<unknown> | null>(null);

export interface SyncProviderProps<Own> {
  /** The hooks read it, and never start or stop it. */
  readonly sync: Own;
  readonly children?: JSX.Element;
}

export function SyncProvider<State>(props: SyncProviderProps<Replica<State>>): JSX.Element {
  return createComponent(SyncContext.Provider, {
    value: () => props.sync,
    get children() {
      return props.children;
    },
  });
}

/** It returns the replica of the nearest `SyncProvider`, for what the other hooks don't cover. */
export function useReplica<State>(): Accessor<Replica<State>> {
  const sync = useContext(SyncContext);
  if (sync === null) throw new Error("this hook is used outside of a <SyncProvider>");
  return sync as Accessor<Replica<State>>;
}
