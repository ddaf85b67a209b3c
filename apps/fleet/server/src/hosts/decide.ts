/** Hosts are added, named, removed and marked as online or offline by these decisions. */

import { type EnrollRequest, type Host, type HostPatch, nameProblem } from "@neverstale/fleet-domain";
import { type Acting, grantedHost, requireWholeFleet } from "../accounts/granted.ts";
import { endAllOn } from "../commands/dispatch.ts";
import { drive } from "../commands/driver.ts";
import { note } from "../fleet/note.ts";
import { RequestRefusal } from "../fleet/refusal.ts";
import type { Work } from "../fleet/work.ts";
import { hostCalled, newHostId } from "./new-host-id.ts";

/** A new host never takes an old one over, nor what a removed one has left behind. */
export function addHost(work: Work, request: EnrollRequest, actor: string, tags: Host["tags"] = []): string {
  const problem = nameProblem(request.hostname);
  const id = newHostId(work, problem === null ? request.hostname : "host");
  const hostname = problem === null ? request.hostname : id;
  const { os, arch, agentVersion } = request;
  const credential = { since: work.at.iso };
  const enrolled = { tags, online: false, checks: {}, ops: [], enrolledAt: work.at.iso, credential };
  work.change("host_added", id, { id, hostname, os, arch, agentVersion, ...enrolled });
  work.makeAgent(id);
  const called = problem === null ? hostname : `a machine whose own name ${problem}`;
  note(work, {
    category: "audit",
    level: "success",
    actor,
    host: id,
    action: "host_enrolled",
    message: `${called} enrolled as ${id}`,
  });
  return id;
}

/** A name is unlike those of all hosts, and tags say who sees a host: both are for those who see the whole fleet. */
export function patchHost(work: Work, hostId: string, patch: HostEdit, by: Acting): void {
  const actor = by.user;
  const granted = by.tags;
  if (patch.name !== undefined) requireWholeFleet(granted, "a name");
  if (patch.tags !== undefined) requireWholeFleet(granted, "a change of tags");
  if (grantedHost(work.fleet, granted, hostId) === null) throw unknownHost(hostId);
  const other = patch.name == null ? null : hostCalled(work, patch.name, hostId);
  if (other !== null)
    throw new RequestRefusal("bad_request", `${other} is called ${patch.name} already`, {
      hint: "Choose a name that no other host has.",
    });
  const given = Object.entries(patch).filter(([, value]) => value !== undefined);
  work.change("host_updated", hostId, Object.fromEntries(given));
  const message = `${actor} changed ${given.map(([key]) => key).join(", ") || "nothing"} of ${hostId}`;
  note(work, { category: "audit", level: "info", actor, host: hostId, action: "host_changed", message });
}

/** The host goes with its work and its agent's right to speak, all in one transaction. Its id is kept, so that it is no other host's. */
export function removeHost(work: Work, hostId: string, by: Acting): void {
  const actor = by.user;
  if (grantedHost(work.fleet, by.tags, hostId) === null) throw unknownHost(hostId);
  endAllOn(work, hostId, actor);
  work.change("host_removed", hostId, {});
  if (work.fleet.metrics.has(hostId)) work.change("host_metrics_removed", hostId, {});
  for (const credential of [...work.accounts.agentCredentials.values()]) {
    if (credential.host === hostId) work.changeAccounts("agent_credential_revoked", credential.id, { revoked: true });
  }
  work.removeAgent(hostId);
  work.changeAccounts("host_id_used", hostId, { id: hostId, removedAt: work.at.iso });
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

type HostEdit = Omit<HostPatch, "ifVersion" | "ifEpoch">;

export function unknownHost(hostId: string): RequestRefusal {
  return new RequestRefusal("unknown_host", `there is no host ${hostId}`, {
    hint: "It may have been removed; see the list of hosts.",
  });
}

/** Hosts that fell silent in one moment are one event with a list. */
export function setOffline(work: Work, hostIds: readonly string[]): void {
  const gone = hostIds.filter((id) => turnOnline(work, id, false));
  const [only] = gone;
  if (only === undefined) return;
  if (gone.length === 1) return noteOnline(work, only, false);
  const tell = (ids: readonly string[]) => {
    const named = ids.slice(0, 10).join(", ");
    const are = ids.length === 1 ? "1 host is" : `${ids.length} hosts are`;
    return `${are} offline: ${ids.length > 10 ? `${named} and ${ids.length - 10} more` : named}`;
  };
  const event = { category: "system", level: "warn", actor: "server", action: "hosts_offline" } as const;
  note(work, { ...event, message: tell(gone), details: { hosts: gone } }, {}, { hosts: gone, tell });
}

function turnOnline(work: Work, hostId: string, online: boolean): boolean {
  const host = work.fleet.hosts.get(hostId);
  if (host === undefined || host.online === online) return false;
  work.change("host_updated", hostId, { online, offlineSince: online ? null : work.at.iso });
  return true;
}

export function setOnline(work: Work, hostId: string, online: boolean): void {
  if (!turnOnline(work, hostId, online)) return;
  noteOnline(work, hostId, online);
}

function noteOnline(work: Work, hostId: string, online: boolean): void {
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
