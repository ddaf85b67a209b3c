/** This request asks the server for events of its log. */

import type { FleetSession } from "@neverstale/fleet-client";
import { inWords } from "../../accounts/io/session-requests.ts";
import type { AskForEvents } from "../past-events.ts";
import type { PastPage } from "../past-list.ts";

const PAGE = "200";

export function eventRequests(session: FleetSession): AskForEvents {
  return async (filter, before, signal) => {
    const query = new URLSearchParams({ limit: PAGE });
    for (const [name, value] of Object.entries(filter)) if (typeof value === "string") query.set(name, value);
    if (before !== null) query.set("before", before);
    const answer = await inWords(session.get(`/api/event-log?${query}`, signal));
    return answer as unknown as PastPage;
  };
}
