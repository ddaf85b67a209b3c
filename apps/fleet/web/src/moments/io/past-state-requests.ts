/** These requests ask the server for the state as it was. */

import type { FleetSession } from "@neverstale/fleet-client";
import type { ReachAnswer, StateAnswer } from "@neverstale/fleet-domain";
import { inWords } from "../../accounts/io/session-requests.ts";
import type { PastStates } from "../past-states.ts";

/** Nothing is kept here: the next visitor may see less. */
export function pastStateRequests(session: FleetSession): PastStates {
  return {
    async at(name, signal) {
      const query = new URLSearchParams();
      if ("time" in name) query.set("at", new Date(name.time).toISOString());
      else query.set("version", String(name.version));
      if ("epoch" in name && name.epoch !== null) query.set("epoch", name.epoch);
      return (await inWords(session.get(`/api/state?${query}`, signal))) as unknown as StateAnswer;
    },
    reach: async (signal) => (await inWords(session.get("/api/state/reach", signal))) as unknown as ReachAnswer,
  };
}
