/** The command log lists commands as they are now and were before, newest first. */

import type { Command, CommandLogAnswer, CommandLogQuery, GrantedTags } from "@neverstale/fleet-domain";
import { MAIN_SPACE } from "@neverstale/server";
import type { z } from "zod";
import { shownOn } from "../accounts/granted.ts";
import { newestFirst, readPast } from "../events/past.ts";
import { isWithin } from "../events/within-times.ts";
import type { FleetManager } from "../fleet/state.ts";

export async function commandLog(
  manager: FleetManager,
  tags: GrantedTags,
  { limit, before, ...asked }: z.output<typeof CommandLogQuery>,
): Promise<CommandLogAnswer> {
  const isShown = shownOn(manager, tags);
  const matches = ({ host, op, status, requestedBy, pipelineId, runId, createdAt }: Command) =>
    isShown({ host }) &&
    (asked.host === undefined || host === asked.host) &&
    (asked.op === undefined || op === asked.op) &&
    (asked.status === undefined || status === asked.status) &&
    (asked.requestedBy === undefined || requestedBy === asked.requestedBy) &&
    (asked.pipeline === undefined || pipelineId === asked.pipeline) &&
    (asked.run === undefined || runId === asked.run) &&
    isWithin(createdAt, asked);
  const { found, next } = await readPast<Command>(manager, { ...commandsPast(manager, tags), matches, limit, before });
  return { commands: found.map(({ record }) => record), next };
}

/** Those commands are found here, live and in the history, that are shown to somebody who is limited to these tags. */
export function commandsPast(manager: FleetManager, tags: GrantedTags) {
  const isShown = shownOn(manager, tags);
  const live = newestFirst([...manager.state.commands.values()].filter(isShown), (command) => command.createdAt);
  return { space: MAIN_SPACE, collection: "commands", live, isShown } as const;
}
