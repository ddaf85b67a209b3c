/** An alert is acknowledged or closed, and its hosts are silenced, from here. */

import { useState } from "react";
import { type DispatchOutcome, failureWords } from "../../commands/dispatch-outcome.ts";
import { useReplica } from "../../state/replica-hooks.ts";

/** The state shows what came of it. `problem` says why nothing did. */
export function useAlertActions(): AlertActions {
  const replica = useReplica();
  const [running, setRunning] = useState(false);
  const [problem, setProblem] = useState<DispatchOutcome | null>(null);
  const run = (ask: () => Promise<void>) => {
    setRunning(true);
    setProblem(null);
    ask()
      .catch((error: unknown) => setProblem(failureWords(error)))
      .finally(() => setRunning(false));
  };
  return {
    acknowledge: (id) => run(() => replica.acknowledgeAlert(id)),
    close: (id) => run(() => replica.resolveAlert(id)),
    silence: (hosts, forMs, reason) =>
      run(() => replica.silence({ hosts, until: new Date(Date.now() + forMs).toISOString(), reason })),
    endSilence: (id) => run(() => replica.endSilence(id)),
    running,
    problem,
  };
}

export interface AlertActions {
  readonly acknowledge: (id: string) => void;
  readonly close: (id: string) => void;
  readonly silence: (hosts: readonly string[], forMs: number, reason: string) => void;
  readonly endSilence: (id: string) => void;
  readonly running: boolean;
  readonly problem: DispatchOutcome | null;
}
