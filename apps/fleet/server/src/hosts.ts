import { agentSpace, type EnrollRequest, type HostPatch } from "@neverstale/fleet-domain";
import { isSafeId } from "@neverstale/protocol";
import { endAllOn } from "./dispatch.ts";
import { drive } from "./driver.ts";
import { note } from "./events.ts";
import { Refusal } from "./problem.ts";
import type { Work } from "./work.ts";

/** A new host, never an old one taken over: where the name is taken, or is none for an id, it gets a suffix. */
export function addHost(work: Work, request: EnrollRequest, actor: string): string {
  const id = freeId(work, request.hostname);
  const { hostname, os, arch, agentVersion } = request;
  const enrolled = { tags: [], online: false, checks: {}, ops: [], enrolledAt: work.at.iso };
  work.change("host_added", id, { id, hostname, os, arch, agentVersion, ...enrolled });
  makeAgentSpace(work, id);
  note(work, {
    category: "audit",
    level: "success",
    actor,
    host: id,
    action: "host_enrolled",
    message: `${hostname} enrolled as ${id}`,
  });
  return id;
}

function freeId(work: Work, hostname: string): string {
  const name =
    hostname
      .toLowerCase()
      .replace(/[^a-z0-9.-]+/g, "-")
      .slice(0, 100) || "host";
  if (isSafeId(name) && !work.fleet.hosts.has(name) && work.agent(name) === null) return name;
  return `${name}-${work.at.newId().slice(0, 6).toLowerCase()}`;
}

/** A space comes into being by its first change. This one leaves nothing: what isn't there is removed. */
function makeAgentSpace(work: Work, hostId: string): void {
  if (work.agent(hostId) === null) work.changeAgent(hostId, "assignment_removed", agentSpace(hostId), {});
}

export function patchHost(work: Work, hostId: string, patch: HostPatch, actor: string): void {
  if (!work.fleet.hosts.has(hostId)) throw unknownHost(hostId);
  const given = Object.entries(patch).filter(([, value]) => value !== undefined);
  work.change("host_updated", hostId, Object.fromEntries(given));
  const message = `${actor} changed ${given.map(([key]) => key).join(", ") || "nothing"} of ${hostId}`;
  note(work, { category: "audit", level: "info", actor, host: hostId, action: "host_changed", message });
}

/** The host, its work and its agent's right to speak: all in one transaction. */
export function removeHost(work: Work, hostId: string, actor: string): void {
  if (!work.fleet.hosts.has(hostId)) throw unknownHost(hostId);
  endAllOn(work, hostId, actor);
  work.change("host_removed", hostId, {});
  if (work.fleet.metrics.has(hostId)) work.change("host_metrics_removed", hostId, {});
  for (const credential of [...work.accounts.agentCredentials.values()]) {
    if (credential.host === hostId) work.changeAccounts("agent_credential_revoked", credential.id, { revoked: true });
  }
  work.removeAgent(hostId);
  note(work, {
    category: "audit",
    level: "warn",
    actor,
    host: hostId,
    action: "host_removed",
    message: `${actor} removed ${hostId}`,
  });
  drive(work);
}

export function unknownHost(hostId: string): Refusal {
  return new Refusal("unknown_host", `there is no host ${hostId}`, {
    hint: "It may have been removed; see the list of hosts.",
  });
}

export function setOnline(work: Work, hostId: string, online: boolean): void {
  const host = work.fleet.hosts.get(hostId);
  if (host === undefined || host.online === online) return;
  work.change("host_updated", hostId, { online, offlineSince: online ? null : work.at.iso });
  const message = online ? `${hostId} is online` : `${hostId} is offline: no report from its agent`;
  const level = online ? "success" : "warn";
  note(work, {
    category: "system",
    level,
    actor: "server",
    host: hostId,
    action: online ? "host_online" : "host_offline",
    message,
  });
}
