/** This route answers with what has happened, a page at a time. */

import { type AuditEvent, EventLogAnswer, EventLogQuery } from "@neverstale/fleet-domain";
import { isAdminOfAll } from "../accounts/decide.ts";
import type { FleetManager } from "../fleet/state.ts";
import { queried, type Route, userOf } from "../http/route.ts";
import { eventLog } from "./event-log.ts";

export function eventRoutes({ manager }: EventRoutesParts): Route[] {
  return [
    {
      method: "GET",
      path: "/api/event-log",
      query: EventLogQuery,
      answer: EventLogAnswer,
      allow: "viewer",
      handle: async (ask) => {
        const caller = userOf(ask);
        const { events, next } = await eventLog(manager, caller.tags, queried(EventLogQuery, ask));
        return { body: { events: events.map((event) => shownEvent(event, isAdminOfAll(caller))), next } };
      },
    },
  ];
}

export interface EventRoutesParts {
  readonly manager: FleetManager;
}

/** Where a request came from, and what was asked for in full, is for admins who see the whole fleet. */
function shownEvent(event: AuditEvent, isForAdmins: boolean): AuditEvent {
  const { evidence: _, ...shown } = event;
  return isForAdmins ? event : shown;
}
