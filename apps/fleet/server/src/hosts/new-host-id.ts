/** A new host is given an id that no host has, none is called by, and none has had before. */

import {
  ACCOUNTS_SPACE,
  type Accounts,
  EVERY_HOST,
  type Fleet,
  folded,
  type Host,
  idOfName,
  type UsedHostId,
} from "@neverstale/fleet-domain";
import { isSafeId } from "@neverstale/protocol";
import type { Transaction } from "@neverstale/server";
import type { Work } from "../fleet/work.ts";

/** Where the id that follows from the name is not free, it gets a number: `web-1-2`. */
export function newHostId(work: Work, hostname: string): string {
  const id = idOfName(hostname);
  if (isFree(work, id)) return id;
  for (let number = 2; number <= HIGHEST_NUMBER; number += 1) {
    const numbered = `${id}-${number}`;
    if (isFree(work, numbered)) return numbered;
  }
  return `${id}-${work.at.newId().slice(0, 6).toLowerCase()}`;
}

const HIGHEST_NUMBER = 99;

function isFree(work: Work, id: string): boolean {
  if (!isSafeId(id) || id === EVERY_HOST || work.accounts.usedHostIds.has(id)) return false;
  return work.agent(id) === null && hostCalled(work, id) === null;
}

/**
 * It returns the host that is called so already, or may be taken for it. An id is its own folding, so it is looked up, and only the
 * names that admins gave are compared.
 */
export function hostCalled(work: Work, name: string, besides?: string): string | null {
  const wanted = folded(name);
  if (wanted !== besides && work.fleet.hosts.has(wanted)) return wanted;
  for (const host of work.fleet.hosts.values()) {
    if (host.name !== undefined && host.id !== besides && foldedName(host, host.name) === wanted) return host.id;
  }
  return null;
}

/** A record is never altered, so its name is folded once. */
function foldedName(host: Host, name: string): string {
  const known = FOLDED_NAMES.get(host) ?? folded(name);
  FOLDED_NAMES.set(host, known);
  return known;
}

const FOLDED_NAMES = new WeakMap<Host, string>();

/** A store of a release that remembered no ids tells of hosts that are gone by their revoked credentials, and by their commands. */
export function noteUsedIds(transaction: Transaction, fleet: Fleet, removedAt: string): void {
  const accounts = transaction.state(ACCOUNTS_SPACE) as Accounts | null;
  if (accounts === null) return;
  const told = [...accounts.agentCredentials.values(), ...fleet.commands.values()].map(({ host }) => host);
  const gone = [...new Set(told)].filter((id) => !fleet.hosts.has(id) && !accounts.usedHostIds.has(id));
  for (const id of gone.slice(0, NOTED_AT_ONCE)) {
    const data: UsedHostId = { id, removedAt };
    transaction.add(ACCOUNTS_SPACE, [{ type: "host_id_used", target: "", data }]);
  }
}

/** A transaction holds only so many changes (rule S8). The next start notes more. */
const NOTED_AT_ONCE = 5_000;
