/** People acknowledge and close alerts, and silence hosts, by these routes. */

import { ReachedAnswer, SilenceAnswer, SilenceRequest } from "@neverstale/fleet-domain";
import type { JsonValue } from "@neverstale/protocol";
import type { Work } from "../fleet/work.ts";
import type { TransactFor } from "../http/io/once.ts";
import { type Answer, type Ask, param, type Route, userOf, withBody } from "../http/route.ts";
import { acknowledgeAlert, endSilence, resolveAlert, silence } from "./decide.ts";

export function alertRoutes({ transactFor }: { readonly transactFor: TransactFor }): Route[] {
  const byId = (method: "POST" | "DELETE", path: string, decide: typeof acknowledgeAlert): Route => ({
    method,
    path,
    allow: "operator",
    answer: ReachedAnswer,
    handle: (ask) =>
      reached(transactFor, ask, (work) => {
        decide(work, param(ask, "id"), userOf(ask).user);
        return null;
      }),
  });
  return [
    byId("POST", "/api/alerts/:id/acknowledge", acknowledgeAlert),
    byId("POST", "/api/alerts/:id/resolve", resolveAlert),
    byId("DELETE", "/api/silences/:id", endSilence),
    withBody({
      method: "POST",
      path: "/api/silences",
      allow: "operator",
      body: SilenceRequest,
      answer: SilenceAnswer,
      handle: (ask) => reached(transactFor, ask, (work) => silence(work, ask.body, userOf(ask).user)),
    }),
  ];
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
