/** The rounds of metrics write what hosts have told, every two seconds, where changes are decided. */

import { setImmediate } from "node:timers/promises";
import { Turns } from "@neverstale/base";
import { decidesHere, type FleetManager } from "../../fleet/state.ts";
import type { RefusalLog } from "../../http/refusal-log.ts";
import type { MetricKeeper } from "../metric-keeper.ts";

/** They have turns of their own: a store that takes long for points holds up no deadline. It returns how to stop. */
export function startMetricRounds({ manager, metricKeeper, refusalLog }: MetricRoundsParts): () => Promise<void> {
  const turns = new Turns();
  const tell = (error: unknown) => {
    if (decidesHere(manager))
      refusalLog.failed("metrics", { err: error }, "metrics were not stored; the next round tries again");
  };
  const stopTerms = manager.onTerm(() => {
    const stopFollowing = metricKeeper.begin();
    const timer = setInterval(() => {
      turns.take(async () => (decidesHere(manager) ? metricKeeper.round() : undefined)).catch(tell);
    }, ROUND_MS);
    return () => {
      clearInterval(timer);
      stopFollowing();
    };
  });
  return async () => {
    const decided = decidesHere(manager);
    stopTerms();
    await turns.take(async () => (decided ? metricKeeper.flush() : undefined)).catch(tell);
  };
}

export interface MetricRoundsParts {
  readonly manager: FleetManager;
  readonly metricKeeper: MetricKeeper;
  readonly refusalLog: RefusalLog;
}

const ROUND_MS = 2_000;

/** The events that wait now are handled first. */
export async function pause(): Promise<void> {
  await setImmediate();
}
