/** The pipeline log lists pipelines as they are now and were before, newest first. */

import type { Pipeline, PipelineLogAnswer, PipelineLogQuery } from "@neverstale/fleet-domain";
import { MAIN_SPACE } from "@neverstale/server";
import type { z } from "zod";
import { newestFirst, readPast } from "../events/past.ts";
import { isWithin } from "../events/within-times.ts";
import type { FleetManager } from "../fleet/state.ts";

export async function pipelineLog(
  manager: FleetManager,
  { limit, before, ...asked }: z.output<typeof PipelineLogQuery>,
): Promise<PipelineLogAnswer> {
  const live = newestFirst([...manager.state.pipelines.values()], ({ createdAt }) => createdAt);
  const matches = ({ name, status, requestedBy, hosts, createdAt }: Pipeline) =>
    (asked.name === undefined || name === asked.name) &&
    (asked.status === undefined || status === asked.status) &&
    (asked.requestedBy === undefined || requestedBy === asked.requestedBy) &&
    (asked.host === undefined || hosts.includes(asked.host)) &&
    isWithin(createdAt, asked);
  const query = {
    space: MAIN_SPACE,
    collection: "pipelines",
    live,
    isShown: () => true,
    matches,
    limit,
    before,
  } as const;
  const { found, next } = await readPast<Pipeline>(manager, query);
  return { pipelines: found.map(({ record }) => record), next };
}
