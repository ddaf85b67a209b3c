/** These routes list the schedules, with when each is due next, and run one of them now. */

import { nextDue, ScheduleAnswers, type ScheduleRule, ScheduleRunAnswer } from "@neverstale/fleet-domain";
import type { AnyMutation } from "@neverstale/protocol";
import { dispatchMutations } from "../commands/dispatch-mutations.ts";
import { mutateOnce } from "../commands/mutate-by-name.ts";
import type { CommandRoutesParts } from "../commands/routes.ts";
import { RequestRefusal } from "../fleet/refusal.ts";
import type { FleetManager } from "../fleet/state.ts";
import { type Answer, type Ask, param, type Route } from "../http/route.ts";

export function scheduleRoutes(parts: CommandRoutesParts): Route[] {
  const { manager, transactions } = parts;
  return [
    {
      method: "GET",
      path: "/api/schedules",
      allow: "viewer",
      wholeFleet: true,
      answer: ScheduleAnswers,
      handle: () => ({ body: listed(manager, transactions.moment().ms) }),
    },
    {
      method: "POST",
      path: "/api/schedules/:id/run",
      allow: "operator",
      wholeFleet: true,
      answer: ScheduleRunAnswer,
      answerStatus: 202,
      handle: (ask) => runNow(parts, ask),
    },
  ];
}

/**
 * It is a dispatch of whoever asks, of what the schedule says, with all that is asked of a dispatch. The times at which the schedule is due
 * stay as they are, and so does what became of it last.
 */
async function runNow(parts: CommandRoutesParts, ask: Ask<unknown>): Promise<Answer> {
  const { manager, transactions, budgets } = parts;
  const id = param(ask, "id");
  const rule = manager.state.scheduleRules.get(id);
  if (rule === undefined)
    throw new RequestRefusal("not_found", `there is no schedule ${id}`, {
      hint: `There are: ${[...manager.state.scheduleRules.keys()].join(", ") || "none"}.`,
    });
  const mutations = dispatchMutations({ manager, moment: transactions.moment, budgets });
  const mutation = rule.pipeline === undefined ? mutations.dispatchOp : mutations.dispatchPipeline;
  const { answer, ...reached } = await mutateOnce(parts, { ...ask, body: requestOf(rule) }, mutation as AnyMutation);
  return { status: 202, body: { ...answer, ...reached } };
}

function requestOf({ op, pipeline, args, hosts, target }: ScheduleRule): object {
  return Object.fromEntries(
    Object.entries({ op, pipeline, args, hosts, target }).filter(([, value]) => value !== undefined),
  );
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
