/** Whoever asks for a run has a role that may run it, or is refused. */

import {
  type Fleet,
  type Pipeline,
  type Role,
  rolesInsteadForOp,
  rolesInsteadForPipeline,
} from "@neverstale/fleet-domain";
import { RequestRefusal } from "../../fleet/refusal.ts";

export function requireMayRunOp(fleet: Fleet, op: string, role: Role): void {
  refuseUnless(rolesInsteadForOp(fleet, op, role), op);
}

/** A pipeline that nobody knows is refused later, in words that say so. */
export function requireMayRunPipeline(fleet: Fleet, name: string, role: Role): void {
  const stages = fleet.pipelineRules.get(name)?.stages ?? [];
  refuseUnless(rolesInsteadForPipeline(fleet, { name, stages }, role), `pipeline ${name}`);
}

/** A retry runs the stages that its pipeline had. */
export function requireMayRetry(fleet: Fleet, pipeline: Pipeline, role: Role): void {
  refuseUnless(rolesInsteadForPipeline(fleet, pipeline, role), `pipeline ${pipeline.name}`);
}

function refuseUnless(instead: readonly Role[] | null, what: string): void {
  if (instead === null) return;
  const roles = instead.join(" or ");
  throw new RequestRefusal("forbidden", `${what} may only be run with the role ${roles}`, {
    hint: "Ask somebody who has that role, or the owner of fleet.yaml, which says so.",
  });
}
