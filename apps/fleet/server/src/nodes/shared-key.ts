/** Nodes that share a store sign with one key: the one that the first writer made and all find in the store, or the same file. */

import { ACCOUNTS_SPACE, type Accounts, type ServerKeyRecord } from "@neverstale/fleet-domain";
import type { Transaction } from "@neverstale/server";
import { accountsIn, type FleetManager } from "../fleet/state.ts";

/** `makeKey` draws a new one, in base64url, or returns the one that this server had while it kept a store of its own. */
export function makeSharedKey(transaction: Transaction, nowMs: number, makeKey: () => string): void {
  const accounts = transaction.state(ACCOUNTS_SPACE) as Accounts | null;
  if (accounts?.serverKeys.has(KEY_ID) === true) return;
  put(transaction, { id: KEY_ID, key: makeKey(), createdAt: new Date(nowMs).toISOString() });
}

/** It returns the key in base64url, or null before the first writer has made it. */
export function sharedKeyIn(manager: FleetManager): string | null {
  return accountsIn(manager)?.serverKeys.get(KEY_ID)?.key ?? null;
}

/** From now on nodes start with the key that has this fingerprint, and with no other one. */
export function noteFingerprint(transaction: Transaction, nowMs: number, fingerprint: string): void {
  put(transaction, { id: IN_USE_ID, fingerprint, createdAt: new Date(nowMs).toISOString() });
}

/** It returns the fingerprint of the key that the nodes have, or null while none was noted, as by nodes of an older release. */
export function fingerprintIn(manager: FleetManager): string | null {
  return accountsIn(manager)?.serverKeys.get(IN_USE_ID)?.fingerprint ?? null;
}

/**
 * It says what a node does that starts with a key. Where another one is noted, the nodes that have it may all have gone, and their rows
 * go some seconds later: it waits, and notes its own key once it is alone and decides changes. Everybody signs in again then.
 */
export function judgeKey({ noted, own, isWriter, listed }: KeyStanding): "right" | "note" | "wait" {
  if (noted === own) return "right";
  if (isWriter && (noted === null || listed === 1)) return "note";
  return noted === null ? "right" : "wait";
}

export interface KeyStanding {
  readonly noted: string | null;
  readonly own: string;
  readonly isWriter: boolean;
  /** So many nodes are listed in the store, this one among them. It is 0 before the list was read. */
  readonly listed: number;
}

function put(transaction: Transaction, data: ServerKeyRecord): void {
  transaction.add(ACCOUNTS_SPACE, [{ type: "server_key_made", target: "", data }]);
}

const KEY_ID = "cookies";
const IN_USE_ID = "in-use";
