/** The catalogue of the state becomes what the fleet file says, in one transaction, or stays as it is where the file is wrong. */

import { CATALOGUE_FILE_ID, type CatalogueFile } from "@neverstale/fleet-domain";
import { type Catalogue, parseFleetFile } from "@neverstale/fleet-domain/fleet-file";
import { YamlFileError } from "@neverstale/fleet-domain/yaml-file";
import { canonicalJson } from "@neverstale/protocol";
import { line, note } from "../fleet/note.ts";
import type { Work } from "../fleet/work.ts";

/** A file was read, or could not be. */
export type FileRead =
  | { readonly source: CatalogueFile["source"]; readonly text: string; readonly sha256: string }
  | { readonly source: "file"; readonly problem: string };

/** Nothing is changed, and nothing noted, where the state says all of it already. It returns what was wrong with the file. */
export function takeCatalogue(work: Work, read: FileRead, actor: string): CatalogueFile["problems"] {
  const parsed = parse(read);
  const problems = "problems" in parsed ? parsed.problems : [];
  const changed = "problems" in parsed ? 0 : setRules(work, parsed);
  const before = work.fleet.catalogueFiles.get(CATALOGUE_FILE_ID);
  const sha256 = "text" in read ? { sha256: read.sha256 } : {};
  const now = { id: CATALOGUE_FILE_ID, source: read.source, ...sha256, problems } as const;
  if (changed === 0 && before !== undefined && isSame(before, { ...now, readAt: before.readAt })) return problems;
  work.change("catalogue_file_read", "", { ...now, problems: [...problems], readAt: work.at.iso });
  if (problems.length > 0) noteProblems(work, problems, actor);
  else if (changed > 0) noteTaken(work, changed, actor);
  return problems;
}

function parse(read: FileRead): Catalogue | { readonly problems: string[] } {
  if ("problem" in read) return { problems: [line(read.problem)] };
  try {
    return parseFleetFile(read.text);
  } catch (error) {
    if (!(error instanceof YamlFileError)) throw error;
    const all = error.message.split("\n").map(line);
    const shown = all.length > MAX_PROBLEMS ? all.slice(0, MAX_PROBLEMS - 1) : all;
    return { problems: shown.length === all.length ? shown : [...shown, `and ${all.length - shown.length} more`] };
  }
}

const MAX_PROBLEMS = 20;

/** It returns how many rules are others than before. */
function setRules(work: Work, catalogue: Catalogue): number {
  const { opRules, pipelineRules, alertRules, scheduleRules, notifyTargets } = catalogue;
  const { fleet } = work;
  const { targets } = work.notifications;
  const newTargets = notifyTargets.filter((target) => !isSame(targets.get(target.id), target));
  const oldTargets = gone(targets, notifyTargets);
  const newOps = opRules.filter((rule) => !isSame(fleet.opRules.get(rule.id), rule));
  const oldOps = gone(fleet.opRules, opRules);
  const newPipelines = pipelineRules.filter((rule) => !isSame(fleet.pipelineRules.get(rule.id), rule));
  const oldPipelines = gone(fleet.pipelineRules, pipelineRules);
  const newAlerts = alertRules.filter((rule) => !isSame(fleet.alertRules.get(rule.id), rule));
  const oldAlerts = gone(fleet.alertRules, alertRules);
  const newSchedules = scheduleRules.filter((rule) => !isSame(fleet.scheduleRules.get(rule.id), rule));
  const oldSchedules = gone(fleet.scheduleRules, scheduleRules);
  for (const rule of newSchedules) work.change("schedule_rule_set", "", rule);
  for (const id of oldSchedules) work.change("schedule_rule_removed", "", { id });
  for (const rule of newAlerts) work.change("alert_rule_set", "", rule);
  for (const id of oldAlerts) work.change("alert_rule_removed", "", { id });
  for (const rule of newOps) work.change("op_rule_set", "", rule);
  for (const id of oldOps) work.change("op_rule_removed", "", { id });
  for (const rule of newPipelines) work.change("pipeline_rule_set", "", rule);
  for (const id of oldPipelines) work.change("pipeline_rule_removed", "", { id });
  for (const target of newTargets) work.changeNotifications("notify_target_set", target);
  for (const id of oldTargets) work.changeNotifications("notify_target_removed", { id });
  const changed = [
    newOps,
    oldOps,
    newPipelines,
    oldPipelines,
    newAlerts,
    oldAlerts,
    newSchedules,
    oldSchedules,
    newTargets,
    oldTargets,
  ];
  return changed.reduce((sum, { length }) => sum + length, 0);
}

function gone(before: ReadonlyMap<string, unknown>, rules: readonly { readonly id: string }[]): string[] {
  const left = new Set(rules.map(({ id }) => id));
  return [...before.keys()].filter((id) => !left.has(id));
}

function isSame(before: object | undefined, now: object): boolean {
  return before !== undefined && canonicalJson(before as never) === canonicalJson(now as never);
}

function noteTaken(work: Work, changed: number, actor: string): void {
  const { opRules, pipelineRules, alertRules, scheduleRules } = work.fleet;
  const { targets } = work.notifications;
  note(work, {
    category: "audit",
    level: "info",
    actor,
    action: "catalogue_changed",
    message: `fleet.yaml changed ${changed === 1 ? "1 rule" : `${changed} rules`}: there are ${opRules.size} for ops and ${alertRules.size} for alerts, ${pipelineRules.size} pipelines, ${scheduleRules.size} schedules and ${targets.size} notify targets`,
  });
}

function noteProblems(work: Work, problems: readonly string[], actor: string): void {
  note(work, {
    category: "error",
    level: "error",
    actor,
    action: "catalogue_refused",
    message: `fleet.yaml is wrong, so nothing of it was taken: ${problems[0] ?? ""}`,
    details: { problems: problems.length },
  });
}
