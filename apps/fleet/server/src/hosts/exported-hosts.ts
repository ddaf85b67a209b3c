/** Hosts are exported with what their newest heartbeat told, a line for each. */

import { type Fleet, type Host, labelOf, type Metrics } from "@neverstale/fleet-domain";
import type { CsvCell } from "../exports/csv.ts";

export interface ExportedHost extends Host {
  readonly metrics: Omit<Metrics, "id"> | null;
}

/** They are as they were when the export began. */
export function exportedHosts(
  { hosts, metrics }: Pick<Fleet, "hosts" | "metrics">,
  isMeant: (host: Host) => boolean,
): ExportedHost[] {
  return [...hosts.values()].filter(isMeant).map((host) => {
    const { id: _, ...figures } = metrics.get(host.id) ?? { id: "", lastSeenAt: "" };
    return { ...host, metrics: figures.lastSeenAt === "" ? null : figures };
  });
}

type HostCell = (host: ExportedHost) => CsvCell;

export const EXPORTED_HOST_COLUMNS: Readonly<Record<string, HostCell>> = {
  id: ({ id }) => id,
  name: (host) => labelOf(host),
  hostname: ({ hostname }) => hostname,
  online: ({ online }) => online,
  offlineSince: ({ offlineSince }) => offlineSince,
  lastSeenAt: ({ metrics }) => metrics?.lastSeenAt,
  os: ({ os }) => os,
  arch: ({ arch }) => arch,
  agentVersion: ({ agentVersion }) => agentVersion,
  tags: ({ tags }) => tags.join(" "),
  location: ({ location }) => location,
  deviceType: ({ deviceType }) => deviceType,
  enrolledAt: ({ enrolledAt }) => enrolledAt,
  checksNotOk: ({ checks }) =>
    Object.entries(checks)
      .filter(([, { status }]) => status !== "ok")
      .map(([name, { status }]) => `${name}:${status}`)
      .join(" "),
  cpu: ({ metrics }) => metrics?.cpu,
  ram: ({ metrics }) => metrics?.ram,
  swap: ({ metrics }) => metrics?.swap,
  disk: ({ metrics }) => metrics?.disk,
  load1: ({ metrics }) => metrics?.load1,
  uptimeS: ({ metrics }) => metrics?.uptimeS,
};
