/** Rules may keep an op or a pipeline for some roles. The server judges by this, and the page offers by it what may be run. */

import type { Role } from "../accounts/account-api.ts";

/** A viewer runs nothing. */
export const RUNNING_ROLES = ["operator", "admin"] as const;
export type RunningRole = (typeof RUNNING_ROLES)[number];

/** It returns the roles that may run the op where this one may not, and null where it may. */
export function rolesInsteadForOp({ opRules }: KnownOps, op: string, role: Role): readonly RunningRole[] | null {
  return rolesInstead(opRules.get(op), role);
}

/** Whoever runs a pipeline runs each of its ops, so neither the pipeline nor an op of it may be kept for others. */
export function rolesInsteadForPipeline(
  known: KnownOps & { readonly pipelineRules: ReadonlyMap<string, Kept> },
  { name, stages }: { readonly name: string; readonly stages: readonly string[] },
  role: Role,
): readonly RunningRole[] | null {
  const rules = [known.pipelineRules.get(name), ...stages.map((op) => known.opRules.get(op))];
  return rules.map((rule) => rolesInstead(rule, role)).find((roles) => roles !== null) ?? null;
}

interface Kept {
  readonly roles?: readonly RunningRole[] | undefined;
}

interface KnownOps {
  readonly opRules: ReadonlyMap<string, Kept>;
}

/** An admin may do all that an operator may. */
function rolesInstead(rule: Kept | undefined, role: Role): readonly RunningRole[] | null {
  const { roles = RUNNING_ROLES } = rule ?? {};
  const may = role === "admin" || (role === "operator" && roles.includes(role));
  return may ? null : roles;
}
