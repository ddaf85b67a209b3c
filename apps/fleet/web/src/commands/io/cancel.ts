/** A running command or pipeline is stopped from here. */

import { useCallback } from "react";
import { serverPath } from "../../state/io/base-path.ts";
import { useReplica } from "../../state/replica-hooks.ts";

/** The state shows what became of it: the command says that it is being stopped, or goes on running. */
export function useCancel(): (what: "commands" | "pipelines", id: string) => void {
  const replica = useReplica();
  return useCallback(
    (what, id) => {
      const path = serverPath(`/api/${what}/${encodeURIComponent(id)}/cancel`);
      replica.dispatch(path, undefined).catch(() => undefined);
    },
    [replica],
  );
}
