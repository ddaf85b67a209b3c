/** This request asks the server for the past of a host. */

import type { FleetSession } from "@neverstale/fleet-client";
import type { HostMetricsAnswer } from "@neverstale/fleet-domain";
import { inWords } from "../../../accounts/io/session-requests.ts";
import type { AskForPast } from "../host-past.ts";

export function pastRequests(session: FleetSession): AskForPast {
  return async (hostId, fromMs, toMs) => {
    const query = new URLSearchParams({ from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString() });
    const answer = await inWords(session.get(`/api/hosts/${encodeURIComponent(hostId)}/metrics?${query}`));
    return answer as unknown as HostMetricsAnswer;
  };
}
