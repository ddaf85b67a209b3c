/** The provider hands a replica down to the hooks below it. */

import type { Replica } from "@neverstale/client";
import { createContext, createElement, type ReactNode, useContext } from "react";

const SyncContext = createContext<unknown>(null);

export interface SyncProviderProps<Own> {
  /** Make it once, outside of React. The hooks read it, and never start or stop it. */
  readonly sync: Own;
  readonly children?: ReactNode;
}

export function SyncProvider<State>({ sync, children }: SyncProviderProps<Replica<State>>): ReactNode {
  return createElement(SyncContext, { value: sync }, children);
}

/** It returns the replica of the nearest `SyncProvider`, for what the hooks don't cover. */
export function useReplica<State>(): Replica<State> {
  const sync = useContext(SyncContext);
  if (sync === null) throw new Error("this hook is used outside of a <SyncProvider>");
  return sync as Replica<State>;
}
