/** The rules of the catalogue are put into words here. */

import type { AlertRule, OpRule, PipelineRule } from "@neverstale/fleet-domain";
import { howMany, span } from "../state/format.ts";

/** It says what the rule alters of how an op usually runs. */
export function opRuleWords(rule: OpRule): readonly string[] {
  const { roles, danger, offline, busy, deliverWithinMs, retries, backoffMs, preChecks, postChecks, postWithinMs } =
    rule;
  const waits = offline === "queue" || busy === "wait";
  return [
    ...(danger === true ? ["dangerous: asks for a code and the number of hosts"] : []),
    ...rolesWords(roles),
    ...(offline === "queue" ? ["waits for a host that is offline"] : []),
    ...(busy === "wait" ? ["waits for a host that is busy"] : []),
    ...(waits ? [`expires after ${span(deliverWithinMs)}`] : []),
    ...(retries === undefined
      ? []
      : [
          `tried again ${howMany(retries, "time")}${backoffMs === undefined ? "" : `, first after ${span(backoffMs)}`}`,
        ]),
    ...(preChecks === undefined ? [] : [`begins only while ${preChecks.join(" and ")} ${be(preChecks)} ok`]),
    ...(postChecks === undefined
      ? []
      : [`has succeeded once ${postChecks.join(" and ")} ${be(postChecks)} ok${withinWords(postWithinMs)}`]),
  ];
}

export function pipelineRuleWords({ roles, danger, waves, pauseMs, maxFail }: PipelineRule): readonly string[] {
  return [
    ...(danger === true ? ["dangerous: asks for a code and the number of hosts"] : []),
    ...rolesWords(roles),
    ...(waves === undefined ? [] : [`in waves of ${waves.join(", ")}`]),
    ...(pauseMs === undefined ? [] : [`${span(pauseMs)} between waves`]),
    ...(maxFail === undefined ? [] : [`ends when more than ${maxFail} failed`]),
  ];
}

export function alertRuleWords(rule: AlertRule): string {
  const { severity, forMs, tags } = rule;
  const parts = [
    whenWords(rule),
    ...(forMs === 0 ? [] : [`for ${span(forMs)}`]),
    ...(tags === undefined ? [] : [`on hosts with ${tags.join(" or ")}`]),
  ];
  return `${severity === "critical" ? "critical" : "warning"}: ${parts.join(", ")}`;
}

function whenWords({ kind, names, metric, above, moreThan, withinMs }: AlertRule): string {
  const named = names === undefined ? "" : ` ${names.join(" or ")}`;
  switch (kind) {
    case "host_offline":
      return "a host is not heard of";
    case "metric":
      return `${metric ?? "a metric"} is above ${above ?? "its bound"}`;
    case "check":
      return `the check${named === "" ? "" : named} of a host is not ok`;
    case "command_failed":
      return `a command${named === "" ? "" : ` of${named}`} has failed`;
    case "pipeline_failed":
      return `a run of${named === "" ? " a pipeline" : named} did not succeed`;
    case "sign_ins_failed":
      return `more than ${moreThan ?? 0} sign-ins failed within ${span(withinMs ?? 0)}`;
    case "host_cloned":
      return "two machines show one credential";
    case "backup_failed":
      return "no backup was made";
  }
}

function rolesWords(roles: OpRule["roles"]): readonly string[] {
  if (roles === undefined || roles.includes("operator")) return [];
  return ["for admins only"];
}

function withinWords(ms: number | undefined): string {
  return ms === undefined ? "" : ` within ${span(ms)}`;
}

function be(names: readonly string[]): string {
  return names.length === 1 ? "is" : "are";
}
