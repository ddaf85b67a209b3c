/** People save and remove groups of hosts by these routes. */

import { GroupAnswers, GroupRequest, ReachedAnswer } from "@neverstale/fleet-domain";
import type { FleetManager } from "../fleet/state.ts";
import type { Work } from "../fleet/work.ts";
import type { TransactFor } from "../http/io/once.ts";
import { type Answer, type Ask, param, type Route, userOf, withBody } from "../http/route.ts";
import { groupsWithHosts, removeGroup, saveGroup } from "./groups.ts";

export function groupRoutes({ manager, pause, transactFor }: GroupRoutesParts): Route[] {
  return [
    {
      method: "GET",
      path: "/api/groups",
      allow: "viewer",
      wholeFleet: true,
      answer: GroupAnswers,
      handle: async () => ({ body: await groupsWithHosts(manager, pause) }),
    },
    withBody({
      method: "POST",
      path: "/api/groups",
      allow: "operator",
      wholeFleet: true,
      body: GroupRequest,
      answer: ReachedAnswer,
      handle: (ask) => changed(transactFor, ask, (work) => saveGroup(work, ask.body, userOf(ask).user)),
    }),
    {
      method: "DELETE",
      path: "/api/groups/:name",
      allow: "operator",
      wholeFleet: true,
      answer: ReachedAnswer,
      handle: (ask) => changed(transactFor, ask, (work) => removeGroup(work, param(ask, "name"), userOf(ask).user)),
    },
  ];
}

export interface GroupRoutesParts {
  readonly manager: FleetManager;
  readonly transactFor: TransactFor;
  readonly pause: () => Promise<void>;
}

async function changed(transactFor: TransactFor, ask: Ask<unknown>, decide: (work: Work) => void): Promise<Answer> {
  const { applied } = await transactFor(ask, (work) => {
    decide(work);
    return null;
  });
  return { body: { epoch: applied.epoch, version: applied.version } };
}
