/** The rounds of the eraser carry out what was asked for, where changes are decided. */

import { Turns } from "@neverstale/base";
import { decidesHere, type FleetManager } from "../../fleet/state.ts";
import type { RefusalLog } from "../../http/refusal-log.ts";
import type { Eraser } from "../eraser.ts";

/** It returns how to stop. */
export function startErasureRounds({ manager, eraser, refusalLog }: ErasureRoundsParts): () => Promise<void> {
  const turns = new Turns();
  const stopTerms = manager.onTerm(() => {
    const timer = setInterval(() => {
      turns
        .take(async () => (decidesHere(manager) ? eraser.round() : undefined))
        .catch((error: unknown) => {
          if (decidesHere(manager))
            refusalLog.failed("erasures", { err: error }, "nothing was erased; the next round tries again");
        });
    }, ROUND_MS);
    return () => clearInterval(timer);
  });
  return async () => {
    stopTerms();
    await turns.take(() => {});
  };
}

export interface ErasureRoundsParts {
  readonly manager: FleetManager;
  readonly eraser: Eraser;
  readonly refusalLog: RefusalLog;
}

const ROUND_MS = 2_000;
