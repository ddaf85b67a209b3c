/** Ops and pipelines are dispatched, and pipelines retried, by mutations (rule U1), whatever address they are asked for at. */

import {
  DispatchRequest,
  type Fleet,
  fleet,
  PipelineRequest,
  RetryPipeline,
  type Role,
} from "@neverstale/fleet-domain";
import { defineMutation, type JsonValue, type MutationContext, MutationRefusal } from "@neverstale/protocol";
import type { HostBudgets } from "../fleet/host-budgets.ts";
import type { FleetMoment } from "../fleet/moment.ts";
import { RequestRefusal } from "../fleet/refusal.ts";
import { Work } from "../fleet/work.ts";
import { dispatchOp, dispatchPipeline, retryPipeline } from "./dispatch.ts";
import { requireMayRetry, requireMayRunOp, requireMayRunPipeline } from "./rules/may-run.ts";

/**
 * They change the spaces of agents and outputs beside the fleet, so they are decided by the server alone. What they refuse they refuse
 * before they have changed anything.
 */
export function dispatchMutations({ moment, budgets }: DecidedWith) {
  const workOf = (state: Fleet, { transaction }: MutationContext) => {
    if (transaction === null) throw new Error("a dispatch is decided at the server alone");
    return new Work(state, transaction, moment(), budgets);
  };
  return {
    dispatchOp: defineMutation({
      name: "dispatch_op",
      model: fleet,
      args: DispatchRequest,
      decide: (state, request, context) =>
        orRefusal(() => {
          requireMayRunOp(state, request.op, roleOf(context));
          return { commands: dispatchOp(workOf(state, context), request, context.user, context.newId) };
        }),
    }),
    dispatchPipeline: defineMutation({
      name: "dispatch_pipeline",
      model: fleet,
      args: PipelineRequest,
      decide: (state, request, context) =>
        orRefusal(() => {
          requireMayRunPipeline(state, request.pipeline, roleOf(context));
          return dispatchPipeline(workOf(state, context), request, context.user, context.newId);
        }),
    }),
    retryPipeline: defineMutation({
      name: "retry_pipeline",
      model: fleet,
      args: RetryPipeline,
      decide: (state, request, context) =>
        orRefusal(() => {
          requireMayRetry(state, request.pipelineId, roleOf(context));
          return retryPipeline(workOf(state, context), request, context.user, context.newId);
        }),
    }),
  };
}

export type DispatchMutations = ReturnType<typeof dispatchMutations>;

export interface DecidedWith {
  readonly moment: () => FleetMoment;
  readonly budgets: HostBudgets;
}

/** A refusal of a mutation that says what to do next, too. */
export class HintedRefusal extends MutationRefusal {
  readonly request: RequestRefusal;

  constructor(request: RequestRefusal) {
    super(request.code, request.message);
    this.request = request;
  }
}

/** The route gives the mutation the role of the one who asks. */
function roleOf({ rights }: MutationContext): Role {
  return rights as Role;
}

function orRefusal<T>(answer: () => T) {
  try {
    return { changes: [], answer: answer() as T & JsonValue };
  } catch (error) {
    if (error instanceof RequestRefusal) return new HintedRefusal(error);
    throw error;
  }
}
