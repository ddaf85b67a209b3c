/** The fleet file, `fleet.yaml`, is owned by the server's admin. It gives ops their meaning, names the pipelines, and says of what people are told. */

import { z } from "zod";
import {
  ALERT_METRICS,
  ALERT_SEVERITIES,
  type AlertRule,
  MOST_COUNTED_SIGN_INS,
  SIGN_INS_KEPT_MS,
} from "../alerts/alert-rule.ts";
import { Duration } from "../files/quantity.ts";
import { type FileProblem, readYamlFile } from "../files/yaml-file.ts";
import { atMost } from "../hosts/host.ts";
import { FileTargets, notifyTargetsOf, targetProblems } from "../notifications/file-targets.ts";
import type { NotifyTarget } from "../notifications/notifications-space.ts";
import { FileSchedules, scheduleProblems, scheduleRulesOf } from "../schedules/file-schedules.ts";
import type { ScheduleRule } from "../schedules/schedule.ts";
import { Name } from "../text.ts";
import { MOST_RETRIES, type OpRule, type PipelineRule, Roles } from "./catalogue.ts";
import { isDangerousOp, isDangerousPipeline } from "./danger.ts";
import { MostFailed, WaveSize } from "./waves.ts";

const Title = z.string().min(1).max(200);

const Danger = z.literal(true, "say true, or leave it out");

const FileOpRule = z.strictObject({
  title: Title.optional(),
  group: Title.optional(),
  roles: Roles.optional(),
  offline: z.enum(["block", "queue"]).optional(),
  busy: z.enum(["block", "wait"]).optional(),
  deliver_within: Duration.default(3_600_000),
  retries: z.int().min(1).max(MOST_RETRIES).optional(),
  backoff: Duration.optional(),
  pre_checks: z.array(Name).min(1).max(20).optional(),
  post_checks: z.array(Name).min(1).max(20).optional(),
  post_checks_within: Duration.optional(),
  danger: Danger.optional(),
});

const FilePipeline = z.strictObject({
  title: Title.optional(),
  roles: Roles.optional(),
  stages: z.array(Name).min(1).max(50),
  waves: z.array(WaveSize).min(1).max(20).optional(),
  pause: Duration.optional(),
  max_fail: MostFailed.optional(),
  danger: Danger.optional(),
});

const common = {
  title: Title.optional(),
  severity: z.enum(ALERT_SEVERITIES).default("warn"),
  tags: z.array(Title).min(1).max(50).optional(),
};
const within = { for: Duration.default(60_000) };
const names = z.array(Name).min(1).max(50).optional();

/** `when` says of what kind the rule is. */
const FileAlert = z.discriminatedUnion("when", [
  z.strictObject({ when: z.literal("host_offline"), ...common, ...within }),
  z.strictObject({
    when: z.literal("metric"),
    ...common,
    ...within,
    metric: z.enum(ALERT_METRICS),
    above: z.number(),
  }),
  z.strictObject({ when: z.literal("check"), ...common, ...within, checks: names }),
  z.strictObject({ when: z.literal("command_failed"), ...common, ops: names }),
  z.strictObject({ when: z.literal("pipeline_failed"), ...common, pipelines: names }).omit({ tags: true }),
  z
    .strictObject({
      when: z.literal("sign_ins_failed"),
      ...common,
      more_than: z.int().min(0).max(MOST_COUNTED_SIGN_INS),
      within: Duration.refine((ms) => ms <= SIGN_INS_KEPT_MS, "at most 24h").default(600_000),
    })
    .omit({ tags: true }),
  z.strictObject({ when: z.literal("host_cloned"), ...common }),
  z.strictObject({ when: z.literal("backup_failed"), ...common }).omit({ tags: true }),
]);

const FleetFile = z.strictObject({
  ops: z.record(Name, FileOpRule).refine(atMost(500), "at most 500 ops").default({}),
  pipelines: z.record(Name, FilePipeline).refine(atMost(100), "at most 100 pipelines").default({}),
  alerts: z.record(Name, FileAlert).refine(atMost(100), "at most 100 alerts").default({}),
  schedules: FileSchedules,
  notify: FileTargets,
});

export interface Catalogue {
  readonly opRules: readonly OpRule[];
  readonly pipelineRules: readonly PipelineRule[];
  readonly alertRules: readonly AlertRule[];
  readonly scheduleRules: readonly ScheduleRule[];
  readonly notifyTargets: readonly NotifyTarget[];
}

/** Reads the text of a `fleet.yaml`. Throws `YamlFileError`. */
export function parseFleetFile(text: string): Catalogue {
  const { ops, pipelines, alerts, schedules, notify } = readYamlFile(text, FleetFile, (file) => [
    ...opProblems(file),
    ...pipelineProblems(file),
    ...scheduleProblems(file.schedules, new Set(Object.keys(file.pipelines))),
    ...dangerProblems(file),
    ...targetProblems(file.notify, new Set(Object.keys(file.alerts))),
  ]);
  return {
    opRules: Object.entries(ops).map(([id, op]) => opRuleOf(id, op)),
    pipelineRules: Object.entries(pipelines).map(([id, { max_fail: maxFail, pause: pauseMs, ...rule }]) => ({
      id,
      ...rule,
      ...(maxFail === undefined ? {} : { maxFail }),
      ...(pauseMs === undefined ? {} : { pauseMs }),
    })),
    alertRules: Object.entries(alerts).map(([id, alert]) => alertRuleOf(id, alert)),
    scheduleRules: scheduleRulesOf(schedules),
    notifyTargets: notifyTargetsOf(notify),
  };
}

function opRuleOf(id: string, op: z.infer<typeof FileOpRule>): OpRule {
  const { deliver_within: deliverWithinMs, backoff: backoffMs, ...others } = op;
  const { pre_checks: preChecks, post_checks: postChecks, post_checks_within: within, ...rule } = others;
  return {
    id,
    ...rule,
    deliverWithinMs,
    ...(backoffMs === undefined ? {} : { backoffMs }),
    ...(preChecks === undefined ? {} : { preChecks }),
    ...(postChecks === undefined ? {} : { postChecks, postWithinMs: within ?? 60_000 }),
  };
}

function alertRuleOf(id: string, { when: kind, ...said }: z.infer<typeof FileAlert>): AlertRule {
  const { title, severity } = said;
  const tags = "tags" in said ? said.tags : undefined;
  const forMs = "for" in said ? said.for : 0;
  const named =
    "checks" in said ? said.checks : "ops" in said ? said.ops : "pipelines" in said ? said.pipelines : undefined;
  return {
    id,
    kind,
    severity,
    forMs,
    ...(title === undefined ? {} : { title }),
    ...(tags === undefined ? {} : { tags }),
    ...(named === undefined ? {} : { names: named }),
    ...("metric" in said ? { metric: said.metric, above: said.above } : {}),
    ...("more_than" in said ? { moreThan: said.more_than, withinMs: said.within } : {}),
  };
}

/** When a schedule is due, nobody is there who could show a code. */
function dangerProblems({ ops, pipelines, schedules }: z.infer<typeof FleetFile>): FileProblem[] {
  const known = { opRules: new Map(Object.entries(ops)), pipelineRules: new Map(Object.entries(pipelines)) };
  return Object.entries(schedules).flatMap(([name, { op, pipeline }]) => {
    const stages = known.pipelineRules.get(pipeline ?? "")?.stages ?? [];
    const problem = "it is dangerous: a person starts it, with a code and the number of hosts";
    if (op !== undefined && isDangerousOp(known, op)) return [{ path: ["schedules", name, "op"], problem }];
    if (pipeline !== undefined && isDangerousPipeline(known, { name: pipeline, stages }))
      return [{ path: ["schedules", name, "pipeline"], problem }];
    return [];
  });
}

function opProblems({ ops }: z.infer<typeof FleetFile>): FileProblem[] {
  return Object.entries(ops).flatMap(
    ([name, { retries, backoff, post_checks: checks, post_checks_within: within }]) => {
      const problems: FileProblem[] = [];
      if (backoff !== undefined && retries === undefined)
        problems.push({
          path: ["ops", name, "backoff"],
          problem: "a backoff is before a retry: say how many retries there are",
        });
      if (within !== undefined && checks === undefined)
        problems.push({ path: ["ops", name, "post_checks_within"], problem: "there are no post_checks to wait for" });
      return problems;
    },
  );
}

/** A wave behind `rest` would never have its turn, and a pause without waves would never be made. */
function pipelineProblems({ pipelines }: z.infer<typeof FleetFile>): FileProblem[] {
  return Object.entries(pipelines).flatMap(([name, { waves = [], pause }]) => {
    const rest = waves.indexOf("rest");
    const problems: FileProblem[] = [];
    if (rest !== -1 && rest !== waves.length - 1)
      problems.push({ path: ["pipelines", name, "waves", rest], problem: "rest is the last wave" });
    if (pause !== undefined && waves.length === 0)
      problems.push({
        path: ["pipelines", name, "pause"],
        problem: "a pause is between waves: say which waves there are",
      });
    return problems;
  });
}

export { isOwnMachine } from "../notifications/file-targets.ts";

/** It is in force where the server finds no file. */
export const OWN_FLEET_FILE = `# Without a fleet.yaml this is in force.
pipelines:
  health: { stages: [uptime, disk, memory] }
alerts:
  host-offline: { when: host_offline, for: 2m, severity: critical, title: Hosts are not heard of }
  disk-full: { when: metric, metric: disk, above: 90, for: 5m, title: A disk is nearly full }
  pipeline-failed: { when: pipeline_failed, title: A pipeline did not succeed }
  host-cloned: { when: host_cloned, severity: critical, title: Two machines show one credential }
  backup-failed: { when: backup_failed, severity: critical, title: No backup was made }
`;
