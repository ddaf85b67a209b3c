/** People dispatch and cancel ops and pipelines by these routes, and list past commands. */

import {
  CommandLogAnswer,
  CommandLogQuery,
  DispatchAnswer,
  DispatchRequest,
  PipelineAnswer,
  type PipelineOffer,
  PipelineOffers,
  PipelineRequest,
  ReachedAnswer,
} from "@neverstale/fleet-domain";
import type { JsonValue } from "@neverstale/protocol";
import type { FleetManager } from "../fleet/state.ts";
import type { TransactFor } from "../http/io/once.ts";
import { type Answer, type Ask, param, queried, type Route, userOf, withBody } from "../http/route.ts";
import { PIPELINES } from "./catalogue.ts";
import { commandLog } from "./command-log.ts";
import { cancelById, cancelPipeline, dispatchOp, dispatchPipeline } from "./dispatch.ts";

export function commandRoutes(parts: CommandRoutesParts): Route[] {
  const { manager, transactFor } = parts;
  return [
    {
      method: "GET",
      path: "/api/commands",
      query: CommandLogQuery,
      answer: CommandLogAnswer,
      allow: "viewer",
      handle: async (ask) => ({ body: await commandLog(manager, queried(CommandLogQuery, ask)) }),
    },
    withBody({
      method: "POST",
      path: "/api/dispatch",
      allow: "operator",
      body: DispatchRequest,
      answer: DispatchAnswer,
      answerStatus: 202,
      handle: async (ask) => {
        const { applied, result } = await transactFor(
          ask,
          (work, idFor) => dispatchOp(work, ask.body, userOf(ask).user, idFor) as Stored<"commands">,
        );
        return accepted<DispatchAnswer>({ commands: result, epoch: applied.epoch, version: applied.version });
      },
    }),
    withBody({
      method: "POST",
      path: "/api/dispatch/pipeline",
      allow: "operator",
      body: PipelineRequest,
      answer: PipelineAnswer,
      answerStatus: 202,
      handle: async (ask) => {
        const { applied, result } = await transactFor(ask, (work, idFor) =>
          dispatchPipeline(work, ask.body, userOf(ask).user, idFor),
        );
        return accepted<PipelineAnswer>({ ...result, epoch: applied.epoch, version: applied.version });
      },
    }),
    {
      method: "GET",
      path: "/api/pipelines",
      allow: "viewer",
      answer: PipelineOffers,
      handle: () => ({
        body: [...PIPELINES].map(([name, stages]) => ({ name, stages: [...stages] })) satisfies PipelineOffer[],
      }),
    },
    {
      method: "POST",
      path: "/api/commands/:id/cancel",
      allow: "operator",
      answer: ReachedAnswer,
      answerStatus: 202,
      handle: (ask) => cancel(parts, ask, cancelById),
    },
    {
      method: "POST",
      path: "/api/pipelines/:id/cancel",
      allow: "operator",
      answer: ReachedAnswer,
      answerStatus: 202,
      handle: (ask) => cancel(parts, ask, cancelPipeline),
    },
  ];
}

export interface CommandRoutesParts {
  readonly manager: FleetManager;
  readonly transactFor: TransactFor;
}

/** A list of plain records is JSON, which the compiler wants to be told. */
type Stored<K extends keyof DispatchAnswer> = DispatchAnswer[K] & JsonValue;

function accepted<T>(body: T): Answer {
  return { status: 202, body };
}

async function cancel(
  { transactFor }: CommandRoutesParts,
  ask: Ask<unknown>,
  decide: typeof cancelById,
): Promise<Answer> {
  const { applied } = await transactFor(ask, (work) => {
    decide(work, param(ask, "id"), userOf(ask).user);
    return null;
  });
  return accepted({ epoch: applied.epoch, version: applied.version });
}
