/** A schedule is put into words here: what it runs, where, and what became of it last. */

import type { Fleet, Role, Schedule, ScheduleRule } from "@neverstale/fleet-domain";
import { rolesInsteadForOp, rolesInsteadForPipeline } from "@neverstale/fleet-domain/schema-free";
import { type Look, lookOf } from "../components/look.ts";
import { howMany } from "../state/format.ts";

/** `pull on hosts with tag prod, status:online` */
export function scheduleWords({ op, pipeline, hosts, target = {} }: ScheduleRule): string {
  const what = pipeline === undefined ? (op ?? "") : `pipeline ${pipeline}`;
  const { tags = [], filter, group } = target;
  const where = [
    ...(hosts === undefined ? [] : [hosts.length > 3 ? howMany(hosts.length, "host") : hosts.join(", ")]),
    ...(group === undefined ? [] : [`group ${group}`]),
    ...tags.map((tag) => `tag:${tag}`),
    ...(filter === undefined ? [] : [filter]),
  ];
  return `${what} on ${where.length === 0 ? "all hosts" : where.join(" ")}`;
}

/** Null means that it was not due yet. */
export function outcomeLook({ outcome }: Pick<Schedule, "outcome">): Look | null {
  return outcome === undefined ? null : lookOf(OUTCOMES, outcome);
}

const OUTCOMES: Readonly<Record<NonNullable<Schedule["outcome"]>, Look>> = {
  started: { word: "Started", shape: "check", tone: "good" },
  queued: { word: "Waits", shape: "turn", tone: "busy" },
  refused: { word: "Left out", shape: "triangle", tone: "warn" },
  failed: { word: "Did not begin", shape: "cross", tone: "bad" },
  missed: { word: "Missed", shape: "cross", tone: "bad" },
};

/** The server judges by the same rules. */
export function mayRunNow(
  fleet: Pick<Fleet, "opRules" | "pipelineRules">,
  { op, pipeline }: Pick<ScheduleRule, "op" | "pipeline">,
  role: Role,
): boolean {
  if (pipeline === undefined) return rolesInsteadForOp(fleet, op ?? "", role) === null;
  const stages = fleet.pipelineRules.get(pipeline)?.stages ?? [];
  return rolesInsteadForPipeline(fleet, { name: pipeline, stages }, role) === null;
}
