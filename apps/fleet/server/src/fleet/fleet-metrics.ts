/** The fleet's own numbers, for those who watch the server from outside. They name nobody and no host. */

import type { Fleet } from "@neverstale/fleet-domain";

export function fleetNumbers(
  { hosts, commands, pipelines, alerts, metrics }: FleetRecords,
  now: number,
): Readonly<Record<string, number>> {
  const online = [...hosts.values()].filter((host) => host.online);
  const heard = online.map(({ id }) => Date.parse(metrics.get(id)?.lastSeenAt ?? "")).filter((at) => !Number.isNaN(at));
  return {
    hosts: hosts.size,
    hostsOnline: online.length,
    hostsLongestSilentMs: heard.length === 0 ? 0 : Math.max(0, now - Math.min(...heard)),
    commandsPending: countOf(commands, "pending"),
    commandsRunning: countOf(commands, "running"),
    pipelinesRunning: countOf(pipelines, "running"),
    alertsFiring: countOf(alerts, "firing"),
    alertsAcknowledged: countOf(alerts, "acknowledged"),
  };
}

type FleetRecords = Pick<Fleet, "hosts" | "commands" | "pipelines" | "alerts" | "metrics">;

function countOf(records: ReadonlyMap<string, { readonly status: string }>, status: string): number {
  let count = 0;
  for (const record of records.values()) if (record.status === status) count += 1;
  return count;
}
