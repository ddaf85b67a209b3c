/** This route answers with what has happened, a page at a time. */

import { EventLogAnswer, EventLogQuery } from "@neverstale/fleet-domain";
import type { FleetManager } from "../fleet/state.ts";
import { queried, type Route } from "../http/route.ts";
import { eventLog } from "./event-log.ts";

export function eventRoutes({ manager }: EventRoutesParts): Route[] {
  return [
    {
      method: "GET",
      path: "/api/event-log",
      query: EventLogQuery,
      answer: EventLogAnswer,
      allow: "viewer",
      handle: async (ask) => ({ body: await eventLog(manager, queried(EventLogQuery, ask)) }),
    },
  ];
}

export interface EventRoutesParts {
  readonly manager: FleetManager;
}
