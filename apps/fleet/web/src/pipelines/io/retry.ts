/** A pipeline's work that was left undone is run again from here. */

import { useState } from "react";
import {
  type DispatchOutcome,
  failureWords,
  type Safeguards,
  type WantedDispatch,
} from "../../commands/dispatch-outcome.ts";
import { positionOf } from "../../commands/guard/io/guarded-run.ts";
import { newDispatchKey } from "../../commands/io/send-dispatch.ts";
import { useNavigation } from "../../state/navigation.ts";
import { goTo } from "../../state/place.ts";
import { useReplica } from "../../state/replica-hooks.ts";

export type RetryOnly = "failed" | "failed_and_not_started";

/** The page goes to the new pipeline. A repeat after an answer that was lost has the same key, so that nothing starts twice (rule D1). */
export function useRetry(id: string): Retry {
  const replica = useReplica();
  const navigation = useNavigation();
  const [attempt, setAttempt] = useState<Attempt | null>(null);
  const [running, setRunning] = useState(false);
  const retry = async (only: RetryOnly, safeguards?: Safeguards) => {
    const again = attempt?.only === only && attempt.outcome.kind === "unknown" ? attempt : null;
    const key = again?.key ?? newDispatchKey();
    const seen = again === null ? positionOf(replica) : again.seen;
    setRunning(true);
    try {
      const { pipelineId } = await replica.retryPipeline(id, only, { ...safeguards, ...seen, idempotencyKey: key });
      setAttempt(null);
      navigation.go(goTo(navigation.place, "pipelines", pipelineId));
    } catch (error) {
      setAttempt({ only, key, seen, outcome: failureWords(error) });
    } finally {
      setRunning(false);
    }
  };
  return { retry: (only, safeguards) => void retry(only, safeguards), running, outcome: attempt?.outcome ?? null };
}

interface Attempt {
  readonly only: RetryOnly;
  readonly key: string;
  readonly seen: WantedDispatch["seen"];
  readonly outcome: DispatchOutcome;
}

export interface Retry {
  readonly retry: (only: RetryOnly, safeguards?: Safeguards) => void;
  readonly running: boolean;
  /** It says what went wrong last. */
  readonly outcome: DispatchOutcome | null;
}
