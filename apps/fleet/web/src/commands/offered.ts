/** The page offers what a user may run by the rules of the catalogue, and nothing else. The server judges by the same rules. */

import type { Fleet, PipelineRule, Role } from "@neverstale/fleet-domain";
import { rolesInsteadForOp, rolesInsteadForPipeline } from "@neverstale/fleet-domain/schema-free";

export function selectOfferedPipelines(role: Role): (fleet: Rules) => readonly PipelineRule[] {
  return (fleet) =>
    [...fleet.pipelineRules.values()].filter(
      ({ id: name, stages }) => rolesInsteadForPipeline(fleet, { name, stages }, role) === null,
    );
}

/** The names of the ops that are kept for others. All that no rule names is offered. */
export function selectKeptOps(role: Role): (fleet: Rules) => readonly string[] {
  return (fleet) => [...fleet.opRules.keys()].filter((op) => rolesInsteadForOp(fleet, op, role) !== null);
}

type Rules = Pick<Fleet, "opRules" | "pipelineRules">;
