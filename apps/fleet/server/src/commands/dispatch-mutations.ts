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
import { type Acting, type AskedBy, actingNow } from "../accounts/granted.ts";
import type { HostBudgets } from "../fleet/host-budgets.ts";
import type { FleetMoment } from "../fleet/moment.ts";
import { RequestRefusal } from "../fleet/refusal.ts";
import type { FleetManager } from "../fleet/state.ts";
import { requireUnmoved } from "../fleet/unmoved.ts";
import { Work } from "../fleet/work.ts";
import { dispatchOp, dispatchPipeline, reliedOnBy, reliedOnByRetry, retryPipeline, shownPipeline } from "./dispatch.ts";
import { requireMayRetry, requireMayRunOp, requireMayRunPipeline } from "./rules/may-run.ts";

/**
 * They change the spaces of agents and outputs beside the fleet, so they are decided by the server alone. What they refuse they refuse
 * before they have changed anything.
 */
export function dispatchMutations({ manager, moment, budgets }: DecidedWith) {
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
          const work = workOf(state, context);
          const acting = actingIn(work, context);
          requireUnmoved(manager, work, request, () => reliedOnBy(work, request, acting.tags));
          return dispatchOp(work, request, acting, context.newId);
        }),
    }),
    dispatchPipeline: defineMutation({
      name: "dispatch_pipeline",
      model: fleet,
      args: PipelineRequest,
      decide: (state, request, context) =>
        orRefusal(() => {
          requireMayRunPipeline(state, request.pipeline, roleOf(context));
          const work = workOf(state, context);
          const acting = actingIn(work, context);
          requireUnmoved(manager, work, request, () => reliedOnBy(work, request, acting.tags));
          return dispatchPipeline(work, request, acting, context.newId);
        }),
    }),
    retryPipeline: defineMutation({
      name: "retry_pipeline",
      model: fleet,
      args: RetryPipeline,
      decide: (state, request, context) =>
        orRefusal(() => {
          const work = workOf(state, context);
          const acting = actingIn(work, context);
          const pipeline = shownPipeline(work, request.pipelineId, acting.tags);
          requireMayRetry(state, pipeline, roleOf(context));
          const { only } = request;
          requireUnmoved(manager, work, request, () => reliedOnByRetry(work, pipeline, only, acting.tags));
          return retryPipeline(work, pipeline, only, acting, context.newId);
        }),
    }),
  };
}

function actingIn(work: Work, context: MutationContext): Acting {
  return actingNow(work.accounts, rightsIn(context));
}

export type DispatchMutations = ReturnType<typeof dispatchMutations>;

export interface DecidedWith {
  readonly manager: FleetManager;
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

function roleOf(context: MutationContext): Role {
  return rightsIn(context).role;
}

/** The route gives the mutation what is known of the one who asks. */
function rightsIn({ rights }: MutationContext): MutationRights {
  return rights as unknown as MutationRights;
}

export interface MutationRights extends AskedBy {
  readonly role: Role;
}

function orRefusal<T>(answer: () => T) {
  try {
    return { changes: [], answer: answer() as T & JsonValue };
  } catch (error) {
    if (error instanceof RequestRefusal) return new HintedRefusal(error);
    throw error;
  }
}
