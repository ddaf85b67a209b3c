/** People dispatch and cancel ops and pipelines by these routes, and list past commands. */

import {
  CancelPipelineQuery,
  CommandLogAnswer,
  CommandLogQuery,
  DispatchAnswer,
  DispatchRequest,
  MutationAnswer,
  MutationRequest,
  PipelineAnswer,
  type PipelineOffer,
  PipelineOffers,
  PipelineRequest,
  ReachedAnswer,
  RetryRequest,
} from "@neverstale/fleet-domain";
import type { AnyMutation } from "@neverstale/protocol";
import type { z } from "zod";
import { actingNow } from "../accounts/granted.ts";
import type { HostBudgets } from "../fleet/host-budgets.ts";
import { RequestRefusal } from "../fleet/refusal.ts";
import {
  type Answer,
  type Ask,
  askedBy,
  checked,
  param,
  queried,
  type Route,
  userOf,
  withBody,
} from "../http/route.ts";
import { commandLog } from "./command-log.ts";
import { cancelById, cancelPipeline, cancelRun } from "./dispatch.ts";
import { type DispatchMutations, dispatchMutations } from "./dispatch-mutations.ts";
import { type MutateParts, mutateOnce } from "./mutate-by-name.ts";

export function commandRoutes(parts: CommandRoutesParts): Route[] {
  const { manager } = parts;
  const mutations = dispatchMutations({ manager, moment: parts.transactions.moment, budgets: parts.budgets });
  return [
    {
      method: "GET",
      path: "/api/commands",
      query: CommandLogQuery,
      answer: CommandLogAnswer,
      allow: "viewer",
      handle: async (ask) => ({ body: await commandLog(manager, userOf(ask).tags, queried(CommandLogQuery, ask)) }),
    },
    withBody({
      method: "POST",
      path: "/api/dispatch",
      allow: "operator",
      body: DispatchRequest,
      answer: DispatchAnswer,
      answerStatus: 202,
      handle: async (ask) => {
        const { answer, ...reached } = await mutateOnce(parts, ask, mutations.dispatchOp as AnyMutation);
        return accepted({ ...answer, ...reached });
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
        const { answer, ...reached } = await mutateOnce(parts, ask, mutations.dispatchPipeline as AnyMutation);
        return accepted({ ...answer, ...reached });
      },
    }),
    withBody({
      method: "POST",
      path: "/api/mutations/:name",
      allow: "operator",
      body: MutationRequest,
      answer: MutationAnswer,
      handle: async (ask) => {
        const mutation = named(mutations, param(ask, "name"));
        const args = checked(mutation.args as z.ZodType, ask.body.args, "args");
        return { body: await mutateOnce(parts, { ...ask, body: args }, mutation) };
      },
    }),
    {
      method: "GET",
      path: "/api/pipelines",
      allow: "viewer",
      answer: PipelineOffers,
      handle: () => ({
        body: [...manager.state.pipelineRules.values()].map(({ id, ...rule }) => ({
          name: id,
          ...rule,
        })) satisfies PipelineOffer[],
      }),
    },
    withBody({
      method: "POST",
      path: "/api/pipelines/:id/retry",
      allow: "operator",
      body: RetryRequest,
      answer: PipelineAnswer,
      answerStatus: 202,
      handle: async (ask) => {
        const body = { ...ask.body, pipelineId: param(ask, "id") };
        const { answer, ...reached } = await mutateOnce(
          parts,
          { ...ask, body },
          mutations.retryPipeline as AnyMutation,
        );
        return accepted({ ...answer, ...reached });
      },
    }),
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
      path: "/api/runs/:id/cancel",
      allow: "operator",
      answer: ReachedAnswer,
      answerStatus: 202,
      handle: (ask) => cancel(parts, ask, cancelRun),
    },
    {
      method: "POST",
      path: "/api/pipelines/:id/cancel",
      allow: "operator",
      query: CancelPipelineQuery,
      answer: ReachedAnswer,
      answerStatus: 202,
      handle: (ask) => {
        const { running } = queried(CancelPipelineQuery, ask);
        return cancel(parts, ask, (work, id, by) => cancelPipeline(work, id, by, running));
      },
    },
  ];
}

export interface CommandRoutesParts extends MutateParts {
  readonly budgets: HostBudgets;
}

function named(mutations: DispatchMutations, name: string): AnyMutation {
  const found = Object.values(mutations).find((mutation) => mutation.name === name);
  if (found !== undefined) return found as AnyMutation;
  throw new RequestRefusal("not_found", `there is no mutation ${name}`);
}

function accepted(body: object): Answer {
  return { status: 202, body };
}

async function cancel(
  { transactFor }: CommandRoutesParts,
  ask: Ask<unknown>,
  decide: typeof cancelById,
): Promise<Answer> {
  const { applied } = await transactFor(ask, (work) => {
    decide(work, param(ask, "id"), actingNow(work.accounts, askedBy(ask)));
    return null;
  });
  return accepted({ epoch: applied.epoch, version: applied.version });
}
