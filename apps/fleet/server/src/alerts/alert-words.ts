/** An alert says in one sentence what is so of which hosts or pipelines. */

import type { Alert, AlertRule, Fleet } from "@neverstale/fleet-domain";
import { hostCount, line } from "../fleet/note.ts";

/** Its rule may be gone by now. */
export function alertSentence(
  fleet: Pick<Fleet, "alertRules" | "pipelines" | "backups">,
  { rule, kind }: Pick<Alert, "rule" | "kind">,
  subjects: readonly string[],
  count = subjects.length,
): string {
  const name = (id: string) => nameOf(fleet, kind, id);
  const shown = subjects.slice(0, NAMED).map(name).join(", ");
  const named = count > NAMED ? `${shown} and ${count - Math.min(NAMED, subjects.length)} more` : shown;
  return line(`${wordsOf(fleet.alertRules.get(rule) ?? { kind }, count)}: ${named}`);
}

const NAMED = 10;

/** A host may be called as the backups are. */
function nameOf({ pipelines, backups }: Pick<Fleet, "pipelines" | "backups">, kind: Alert["kind"], id: string): string {
  if (kind === "pipeline_failed") return pipelines.get(id)?.name ?? id;
  if (kind === "backup_failed") return backups.get(id)?.problem ?? id;
  return id;
}

/** Its subjects are hosts. A host may be called as something else is that an alert is about. */
export function isAboutHosts(kind: Alert["kind"]): boolean {
  return !ABOUT_NO_HOST.has(kind);
}

const ABOUT_NO_HOST: ReadonlySet<Alert["kind"]> = new Set([
  "pipeline_failed",
  "sign_ins_failed",
  "backup_failed",
] as const);

function wordsOf({ kind, metric, above }: Pick<AlertRule, "kind" | "metric" | "above">, count: number): string {
  switch (kind) {
    case "host_offline":
      return `${hostCount(count)} offline`;
    case "metric":
      return metric === undefined
        ? `a metric on ${hostCount(count)}`
        : `${metric} above ${above} on ${hostCount(count)}`;
    case "check":
      return `a check is not ok on ${hostCount(count)}`;
    case "command_failed":
      return `an op failed on ${hostCount(count)}`;
    case "host_cloned":
      return `two machines show the credential of ${hostCount(count)}`;
    case "backup_failed":
      return "no backup can be made";
    case "sign_ins_failed":
      return "sign-ins failed";
    case "pipeline_failed":
      return count === 1 ? "a pipeline failed" : `${count} pipelines failed`;
  }
}
