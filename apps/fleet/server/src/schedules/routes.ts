/** This route lists the schedules, with when each is due next. */

import { nextDue, ScheduleAnswers, type ScheduleRule } from "@neverstale/fleet-domain";
import type { FleetManager } from "../fleet/state.ts";
import type { Transactions } from "../fleet/transact.ts";
import type { Route } from "../http/route.ts";

export function scheduleRoutes({ manager, transactions }: ScheduleRoutesParts): Route[] {
  return [
    {
      method: "GET",
      path: "/api/schedules",
      allow: "viewer",
      wholeFleet: true,
      answer: ScheduleAnswers,
      handle: () => ({ body: listed(manager, transactions.moment().ms) }),
    },
  ];
}

export interface ScheduleRoutesParts {
  readonly manager: FleetManager;
  readonly transactions: Pick<Transactions, "moment">;
}

function listed({ state: { scheduleRules, schedules } }: FleetManager, nowMs: number): ScheduleAnswers {
  return [...scheduleRules.values()].map((rule) => {
    const { timing: _, ...schedule } = schedules.get(rule.id) ?? { timing: "", ...firstDue(rule, nowMs) };
    return { ...rule, ...schedule };
  });
}

/** The next look stores this of a rule that has just been read. */
function firstDue({ cron, timeZone }: ScheduleRule, nowMs: number): { readonly nextAt?: string } {
  const next = nextDue(cron, timeZone, nowMs);
  return next === null ? {} : { nextAt: new Date(next).toISOString() };
}
