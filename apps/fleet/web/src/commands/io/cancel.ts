/** A running command, run or pipeline is stopped from here. */

import { useCallback } from "react";
import { type FleetReplica, useReplica } from "../../state/replica-hooks.ts";

/** With `stages` all that runs is left to run to its end. */
type Stopped = "commands" | "runs" | "pipelines" | "stages";

/** The state shows what became of it: the command says that it is being stopped, or goes on running. */
export function useCancel(): (what: Stopped, id: string) => void {
  const replica = useReplica();
  return useCallback((what, id) => void STOPS[what](replica, id).catch(() => undefined), [replica]);
}

const STOPS: Readonly<Record<Stopped, (replica: FleetReplica, id: string) => Promise<void>>> = {
  commands: (replica, id) => replica.cancelCommand(id),
  runs: (replica, id) => replica.cancelRun(id),
  pipelines: (replica, id) => replica.cancelPipeline(id),
  stages: (replica, id) => replica.cancelPipeline(id, { running: "leave" }),
};
