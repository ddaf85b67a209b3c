/** The rounds of the audit archive events, where changes are decided. */

import { Turns } from "@neverstale/base";
import { decidesHere, type FleetManager } from "../../fleet/state.ts";
import type { RefusalLog } from "../../http/refusal-log.ts";
import type { AuditKeeper } from "../audit-keeper.ts";

/** They have turns of their own, as those of metrics have. It returns how to stop. */
export function startAuditRounds({ manager, auditKeeper, refusalLog }: AuditRoundsParts): () => Promise<void> {
  const turns = new Turns();
  const stopTerms = manager.onTerm(() => {
    const timer = setInterval(() => {
      turns
        .take(async () => (decidesHere(manager) ? auditKeeper.round() : undefined))
        .catch((error: unknown) => {
          if (decidesHere(manager))
            refusalLog.failed("audit", { err: error }, "audit events were not archived; the next round tries again");
        });
    }, ROUND_MS);
    return () => clearInterval(timer);
  });
  return async () => {
    stopTerms();
    await turns.take(() => {});
  };
}

export interface AuditRoundsParts {
  readonly manager: FleetManager;
  readonly auditKeeper: AuditKeeper;
  readonly refusalLog: RefusalLog;
}

const ROUND_MS = 5_000;
