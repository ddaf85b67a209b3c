/** The past of a host is asked of the server by this, which the page hands down. */

import type { HostMetricsAnswer } from "@neverstale/fleet-domain";
import { createContext, useContext } from "react";

/** It rejects with an error whose message is a sentence for the visitor. */
export type AskForPast = (hostId: string, fromMs: number, toMs: number) => Promise<HostMetricsAnswer>;

export const HostPastContext = createContext<AskForPast | null>(null);

export function useHostPast(): AskForPast {
  const ask = useContext(HostPastContext);
  if (ask === null) throw new Error("no HostPastContext around this component");
  return ask;
}
