/** People acknowledge and close alerts, and silence hosts, by these routes. */

import { AlertLogAnswer, AlertLogQuery, ReachedAnswer, SilenceAnswer, SilenceRequest } from "@neverstale/fleet-domain";
import type { JsonValue } from "@neverstale/protocol";
import { actingNow } from "../accounts/granted.ts";
import type { FleetManager } from "../fleet/state.ts";
import type { Work } from "../fleet/work.ts";
import type { TransactFor } from "../http/io/once.ts";
import { type Answer, type Ask, askedBy, param, queried, type Route, withBody } from "../http/route.ts";
import { alertLog } from "./alert-log.ts";
import { acknowledgeAlert, endSilence, resolveAlert, silence } from "./decide.ts";

export function alertRoutes({ manager, transactFor }: AlertRoutesParts): Route[] {
  const byId = (method: "POST" | "DELETE", path: string, decide: typeof acknowledgeAlert): Route => ({
    method,
    path,
    allow: "operator",
    answer: ReachedAnswer,
    handle: (ask) =>
      reached(transactFor, ask, (work) => {
        decide(work, param(ask, "id"), actingNow(work.accounts, askedBy(ask)));
        return null;
      }),
  });
  return [
    {
      method: "GET",
      path: "/api/alert-log",
      query: AlertLogQuery,
      answer: AlertLogAnswer,
      allow: "viewer",
      wholeFleet: true,
      handle: async (ask) => ({ body: await alertLog(manager, queried(AlertLogQuery, ask)) }),
    },
    byId("POST", "/api/alerts/:id/acknowledge", acknowledgeAlert),
    byId("POST", "/api/alerts/:id/resolve", resolveAlert),
    byId("DELETE", "/api/silences/:id", endSilence),
    withBody({
      method: "POST",
      path: "/api/silences",
      allow: "operator",
      body: SilenceRequest,
      answer: SilenceAnswer,
      handle: (ask) =>
        reached(transactFor, ask, (work) => silence(work, ask.body, actingNow(work.accounts, askedBy(ask)))),
    }),
  ];
}

interface AlertRoutesParts {
  readonly manager: FleetManager;
  readonly transactFor: TransactFor;
}

async function reached(
  transactFor: TransactFor,
  ask: Ask<unknown>,
  decide: (work: Work) => JsonValue,
): Promise<Answer> {
  const { applied, result } = await transactFor(ask, decide);
  const more = typeof result === "object" && result !== null ? result : {};
  return { body: { ...more, epoch: applied.epoch, version: applied.version } };
}
