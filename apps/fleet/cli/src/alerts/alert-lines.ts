/** Alerts and silences are printed as tables, with what an alert is about below it. */

import { type Alert, type Host, labelIn, type Silence } from "@neverstale/fleet-domain";
import { columnLines } from "../terminal/columns.ts";
import { oneLine } from "../terminal/plain-text.ts";

export const ALERT_FILTERS = ["open", "firing", "acknowledged", "resolved", "all"] as const;
export type AlertFilter = (typeof ALERT_FILTERS)[number];

/** The newest comes first. */
export function alertsAskedFor(alerts: Iterable<Alert>, filter: AlertFilter): Alert[] {
  return [...alerts]
    .filter(({ status }) => filter === "all" || (filter === "open" ? status !== "resolved" : status === filter))
    .sort((a, b) => (a.firedAt > b.firedAt ? -1 : 1));
}

export function alertLines(alerts: readonly Alert[], hosts: ReadonlyMap<string, Pick<Host, "id" | "name">>): string[] {
  const rows = alerts.map(({ id, firedAt, status, severity, title, acknowledgedBy = "" }) => [
    ...[id, firedAt, status, severity, acknowledgedBy, title],
  ]);
  const [head = "", ...lines] = columnLines(["ID", "FIRED", "STATUS", "SEVERITY", "SEEN BY", "TITLE"], rows);
  return [head, ...alerts.flatMap((alert, index) => [lines[index] ?? "", ...aboutOf(alert, hosts)])];
}

/** So many of what an alert is about are named. */
const NAMED = 10;

function aboutOf(
  { message, subjects }: Alert,
  hosts: ReadonlyMap<string, Pick<Host, "id" | "name">>,
): readonly string[] {
  const ids = Object.keys(subjects);
  const named = ids.slice(0, NAMED).map((id) => labelIn(hosts, id));
  const more = ids.length > NAMED ? [`and ${ids.length - NAMED} more`] : [];
  return [oneLine(`  ${message}${ids.length === 0 ? "" : `: ${[...named, ...more].join(", ")}`}`)];
}

export function silenceLines(silences: readonly Silence[]): string[] {
  return columnLines(
    ["ID", "FROM", "UNTIL", "BY", "HOSTS AND TAGS", "REASON"],
    silences.map(({ id, from, until, by, hosts = [], tags = [], reason }) => [
      ...[id, from, until, by, [...hosts, ...tags].join(",") || "all", reason],
    ]),
  );
}
