/** A running command or pipeline is stopped from here. */

import { useCallback } from "react";
import { useReplica } from "../../state/replica-hooks.ts";

/** The state shows what became of it: the command says that it is being stopped, or goes on running. */
export function useCancel(): (what: "commands" | "pipelines", id: string) => void {
  const replica = useReplica();
  return useCallback(
    (what, id) => {
      const asked = what === "commands" ? replica.cancelCommand(id) : replica.cancelPipeline(id);
      asked.catch(() => undefined);
    },
    [replica],
  );
}
