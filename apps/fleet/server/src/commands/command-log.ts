/** The command log lists commands as they are now and were before, newest first. */

import type { Command, CommandLogAnswer, CommandLogQuery } from "@neverstale/fleet-domain";
import { MAIN_SPACE } from "@neverstale/server";
import type { z } from "zod";
import { newestFirst, readPast } from "../events/past.ts";
import { isWithin } from "../events/within-times.ts";
import type { FleetManager } from "../fleet/state.ts";

export async function commandLog(
  manager: FleetManager,
  { limit, before, ...asked }: z.output<typeof CommandLogQuery>,
): Promise<CommandLogAnswer> {
  const matches = ({ host, op, status, requestedBy, pipelineId, createdAt }: Command) =>
    (asked.host === undefined || host === asked.host) &&
    (asked.op === undefined || op === asked.op) &&
    (asked.status === undefined || status === asked.status) &&
    (asked.requestedBy === undefined || requestedBy === asked.requestedBy) &&
    (asked.pipeline === undefined || pipelineId === asked.pipeline) &&
    isWithin(createdAt, asked);
  const { found, next } = await readPast<Command>(manager, { ...commandsPast(manager), matches, limit, before });
  return { commands: found.map(({ record }) => record), next };
}

/** Commands are found here, live and in the history. */
export function commandsPast(manager: FleetManager) {
  const live = newestFirst([...manager.state.commands.values()], (command) => command.createdAt);
  return { space: MAIN_SPACE, collection: "commands", live } as const;
}
