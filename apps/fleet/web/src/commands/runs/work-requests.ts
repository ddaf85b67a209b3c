/** Requests about work that the live state does not hold, or that changes what is at hand, are made by this, which the page hands down. */

import type { EffectPosition } from "@neverstale/client";
import type { CommandLogAnswer } from "@neverstale/fleet-domain";
import { createContext, useContext } from "react";

/** All reject with an error whose message is a sentence for the visitor. */
export interface WorkRequests {
  /** A page of the commands that are and were, the newest first. */
  commands(asked: AskedCommands): Promise<CommandLogAnswer>;
  /** It resolves with what was started. */
  runSchedule(id: string): Promise<{ readonly runId: string | null; readonly pipelineId: string | null }>;
  /** They resolve with the position from which on the change is in the state. */
  saveGroup(name: string, filter: string): Promise<EffectPosition>;
  removeGroup(name: string): Promise<EffectPosition>;
}

export interface AskedCommands {
  readonly run?: string | undefined;
  readonly pipeline?: string | undefined;
  readonly host?: string | undefined;
  readonly op?: string | undefined;
  readonly status?: string | undefined;
  readonly requestedBy?: string | undefined;
  /** It is the `next` of the page before. */
  readonly before?: string | undefined;
  readonly limit: number;
}

export const WorkRequestsContext = createContext<WorkRequests | null>(null);

export function useWorkRequests(): WorkRequests {
  const requests = useContext(WorkRequestsContext);
  if (requests === null) throw new Error("no WorkRequests around this component");
  return requests;
}
