/** These requests ask the server for past work, for a run of a schedule, and for a change of a group. */

import { effectPosition } from "@neverstale/client";
import type { FleetSession } from "@neverstale/fleet-client";
import type { CommandLogAnswer } from "@neverstale/fleet-domain";
import { inWords } from "../../../accounts/io/session-requests.ts";
import { newDispatchKey } from "../../io/send-dispatch.ts";
import type { WorkRequests } from "../work-requests.ts";

export function workRequestsOf(session: FleetSession): WorkRequests {
  return {
    commands: async (asked) => {
      const query = new URLSearchParams();
      for (const [name, value] of Object.entries(asked)) if (value !== undefined) query.set(name, String(value));
      return (await inWords(session.get(`/api/commands?${query}`))) as unknown as CommandLogAnswer;
    },
    runSchedule: async (id) => {
      const path = `/api/schedules/${encodeURIComponent(id)}/run`;
      const answer = await inWords(session.request(path, undefined, { idempotencyKey: newDispatchKey() }));
      const { runId = null, pipelineId = null } = answer as { readonly runId?: string; readonly pipelineId?: string };
      return { runId, pipelineId };
    },
    saveGroup: async (name, filter) => effectPosition(await inWords(session.request("/api/groups", { name, filter }))),
    removeGroup: async (name) => {
      const path = `/api/groups/${encodeURIComponent(name)}`;
      return effectPosition(await inWords(session.request(path, undefined, { method: "DELETE" })));
    },
  };
}
