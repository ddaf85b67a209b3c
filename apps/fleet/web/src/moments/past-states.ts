/** States of the past are asked of the server by these, which the page hands down. */

import type { ReachAnswer, StateAnswer } from "@neverstale/fleet-domain";
import { createContext, useContext } from "react";
import type { VersionName } from "./version-name.ts";

/** Each rejects with an error whose message is a sentence for the visitor. */
export interface PastStates {
  readonly at: (name: VersionName | { readonly time: number }, signal: AbortSignal) => Promise<StateAnswer>;
  readonly reach: (signal: AbortSignal) => Promise<ReachAnswer>;
}

export const PastStatesContext = createContext<PastStates | null>(null);

export function usePastStates(): PastStates {
  const states = useContext(PastStatesContext);
  if (states === null) throw new Error("no PastStatesContext around this component");
  return states;
}
