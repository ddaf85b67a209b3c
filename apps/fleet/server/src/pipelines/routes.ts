/** This route answers with the pipelines that ran, a page at a time. */

import { PipelineLogAnswer, PipelineLogQuery } from "@neverstale/fleet-domain";
import type { FleetManager } from "../fleet/state.ts";
import { queried, type Route } from "../http/route.ts";
import { pipelineLog } from "./pipeline-log.ts";

export function pipelineRoutes({ manager }: { readonly manager: FleetManager }): Route[] {
  return [
    {
      method: "GET",
      path: "/api/pipeline-log",
      query: PipelineLogQuery,
      answer: PipelineLogAnswer,
      allow: "viewer",
      wholeFleet: true,
      handle: async (ask) => ({ body: await pipelineLog(manager, queried(PipelineLogQuery, ask)) }),
    },
  ];
}
