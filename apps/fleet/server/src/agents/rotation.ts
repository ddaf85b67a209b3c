/** An agent's credential is exchanged for a new one. Both are good until the new one was used, and then the old one is not. */

import type { AgentCredential } from "@neverstale/fleet-domain";
import { type Acting, grantedHost } from "../accounts/granted.ts";
import { isoAfter } from "../fleet/moment.ts";
import { note } from "../fleet/note.ts";
import { RequestRefusal } from "../fleet/refusal.ts";
import type { Work } from "../fleet/work.ts";
import { unknownHost } from "../hosts/decide.ts";
import { cloneAlarm } from "./clones.ts";

/** A credential that was given out and never used is good for so long (B145). The one before it stays good then. */
const OVERLAP_MS = 3_600_000;

/** The agent is told so in the answer to its next report, and asks for a new one by itself. */
export function askForRotation(work: Work, hostId: string, { user: actor, tags }: Acting): void {
  if (grantedHost(work.fleet, tags, hostId) === null) throw unknownHost(hostId);
  const used = credentialsOf(work, hostId).filter(({ replaces }) => replaces === undefined);
  for (const { id } of used) work.changeAccounts("agent_credential_changed", id, { rotationAskedAt: work.at.iso });
  const since = work.fleet.hosts.get(hostId)?.credential?.since ?? used[0]?.createdAt ?? work.at.iso;
  work.change("host_updated", hostId, { credential: { since, rotationAskedAt: work.at.iso } });
  note(work, {
    category: "audit",
    level: "warn",
    actor,
    host: hostId,
    action: "credential_rotation_asked",
    message: `${actor} asked the agent of ${hostId} for a new credential`,
  });
}

export function isRotationAsked(work: Work, shown: string): boolean {
  return work.accounts.agentCredentials.get(shown)?.rotationAskedAt !== undefined;
}

/**
 * The agent that showed the one is given the other. It is the same again for a repeat, so an answer that was lost does no harm. Ids are
 * hashes of credentials.
 */
export function renewCredential(work: Work, hostId: string, { shown, next }: Renewal): void {
  const credential = work.accounts.agentCredentials.get(shown);
  if (credential === undefined || credential.revoked === true) throw refusedRenewal("it is not good any more");
  const given = credentialsOf(work, hostId).find(({ replaces }) => replaces === shown);
  if (given?.id === next) return;
  if (credential.rotationAskedAt === undefined) throw refusedRenewal("nobody has asked for that");
  if (given !== undefined && !isExpired(given, work.at.iso)) {
    cloneAlarm(work, hostId, "credential_asked_twice", "two agents ask for the next credential");
    return;
  }
  if (given !== undefined) work.changeAccounts("agent_credential_removed", given.id, {});
  const expiresAt = isoAfter(work.at, OVERLAP_MS);
  work.changeAccounts("agent_credential_made", next, {
    id: next,
    host: hostId,
    createdAt: work.at.iso,
    replaces: shown,
    expiresAt,
  });
}

export interface Renewal {
  readonly shown: string;
  readonly next: string;
}

export function isGivenOut(work: Work, { shown, next }: Renewal): boolean {
  return work.accounts.agentCredentials.get(next)?.replaces === shown;
}

/** The agent has shown it, so it has it on its disk: from now on the one before it opens nothing. */
export function settleCredential(work: Work, shown: string): void {
  const credential = work.accounts.agentCredentials.get(shown);
  if (credential?.replaces === undefined) return;
  const { host, replaces } = credential;
  work.changeAccounts("agent_credential_changed", shown, { replaces: null, expiresAt: null });
  for (const { id } of credentialsOf(work, host))
    if (id !== shown) work.changeAccounts("agent_credential_revoked", id, { revoked: true });
  if (work.fleet.hosts.has(host))
    work.change("host_updated", host, { credential: { since: work.at.iso, rotationAskedAt: null } });
  note(work, {
    category: "audit",
    level: "success",
    actor: `agent:${host}`,
    host,
    action: "credential_rotated",
    message: `the agent of ${host} uses a new credential, and the old one opens nothing any more`,
    details: { before: replaces.slice(0, 22), now: shown.slice(0, 22) },
  });
}

/** It removes what was given out and never used, and returns how many these were. */
export function sweepCredentials(work: Work): void {
  for (const credential of overdue([...work.accounts.agentCredentials.values()], work.at.iso))
    work.changeAccounts("agent_credential_removed", credential.id, {});
}

export function overdue(credentials: readonly AgentCredential[], now: string): readonly AgentCredential[] {
  return credentials.filter((credential) => isExpired(credential, now));
}

export function isExpired({ expiresAt }: Pick<AgentCredential, "expiresAt">, now: string): boolean {
  return expiresAt !== undefined && expiresAt <= now;
}

/** They are those that are good, or were given out. */
function credentialsOf(work: Work, hostId: string): AgentCredential[] {
  return [...work.accounts.agentCredentials.values()].filter(
    ({ host, revoked }) => host === hostId && revoked !== true,
  );
}

function refusedRenewal(why: string): RequestRefusal {
  return new RequestRefusal("forbidden", `no other credential is given for this one: ${why}`, {
    hint: "Go on with it.",
  });
}
