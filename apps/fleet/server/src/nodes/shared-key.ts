/** Nodes that share a store sign with one key, which the first writer makes and all find in the store. */

import { ACCOUNTS_SPACE, type Accounts } from "@neverstale/fleet-domain";
import type { Transaction } from "@neverstale/server";
import { accountsIn, type FleetManager } from "../fleet/state.ts";

/** `makeKey` draws a new one, in base64url, or returns the one that this server had while it kept a store of its own. */
export function makeSharedKey(transaction: Transaction, nowMs: number, makeKey: () => string): void {
  const accounts = transaction.state(ACCOUNTS_SPACE) as Accounts | null;
  if (accounts?.serverKeys.has(KEY_ID) === true) return;
  const data = { id: KEY_ID, key: makeKey(), createdAt: new Date(nowMs).toISOString() };
  transaction.add(ACCOUNTS_SPACE, [{ type: "server_key_made", target: "", data }]);
}

/** It returns the key in base64url, or null before the first writer has made it. */
export function sharedKeyIn(manager: FleetManager): string | null {
  return accountsIn(manager)?.serverKeys.get(KEY_ID)?.key ?? null;
}

const KEY_ID = "cookies";
