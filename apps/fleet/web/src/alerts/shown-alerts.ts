/** Alerts are put in the order in which a person wants them: what fires first, the worst of it before the rest, the newest before the older. */

import type { Alert, Fleet, Silence } from "@neverstale/fleet-domain";
import { seenAlerts } from "@neverstale/fleet-domain/schema-free";
import type { Look } from "../components/look.ts";

export function shownAlerts(fleet: Fleet): readonly string[] {
  return [...seenAlerts(fleet)].sort(compareAlerts).map(({ id }) => id);
}

function compareAlerts(a: Alert, b: Alert): number {
  const byStatus = ORDER[a.status] - ORDER[b.status];
  if (byStatus !== 0) return byStatus;
  if (a.status !== "resolved" && a.severity !== b.severity) return a.severity === "critical" ? -1 : 1;
  return a.firedAt < b.firedAt ? 1 : -1;
}

const ORDER = { firing: 0, acknowledged: 1, resolved: 2 } as const;

/** The number stands beside the screen's name. Null means that nothing fires. */
export function firingCount(fleet: Fleet): number | null {
  let firing = 0;
  for (const { status } of seenAlerts(fleet)) if (status === "firing") firing += 1;
  return firing === 0 ? null : firing;
}

export function alertLook({ status, severity }: Pick<Alert, "status" | "severity">): Look {
  if (status === "resolved") return { tone: "good", shape: "check", word: "Resolved" };
  if (status === "acknowledged") return { tone: "quiet", shape: "dot", word: "Acknowledged" };
  return severity === "critical"
    ? { tone: "bad", shape: "cross", word: "Critical" }
    : { tone: "warn", shape: "triangle", word: "Warning" };
}

/** The names of what it is still so of stand below, so only one that is over is told with the names that it had. */
export function whatOf({ status, message }: Pick<Alert, "status" | "message">): string {
  return status === "resolved" ? message : (message.split(": ", 1)[0] ?? message);
}

export function shownSilences(fleet: Fleet): readonly Silence[] {
  return [...fleet.silences.values()].sort((a, b) => (a.until < b.until ? -1 : 1));
}

/** It says which hosts a silence is about. */
export function silencedWords({ hosts = [], tags = [] }: Silence): string {
  const named = [...hosts, ...tags.map((tag) => `tag ${tag}`)];
  if (named.length === 0) return "All hosts";
  return named.length > 5 ? `${named.slice(0, 5).join(", ")} and ${named.length - 5} more` : named.join(", ");
}
