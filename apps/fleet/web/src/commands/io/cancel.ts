/** Somebody asks for what runs to be stopped. */

import { useCallback } from "react";
import { serverPath } from "../../state/io/base-path.ts";
import { useReplica } from "../../state/replica-hooks.ts";

/** What became of it shows in the state: it says that it is being stopped, or goes on running. */
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
