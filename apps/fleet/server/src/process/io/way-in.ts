/** The first way in is the admin's password from the settings, or a one-time link. */

import { ADMIN, needsSetup, setUpAdmin } from "../../accounts/decide.ts";
import type { Passwords } from "../../accounts/io/passwords.ts";
import type { SetupLink } from "../../accounts/io/setup-link.ts";
import type { Clocks } from "../../fleet/moment.ts";
import { accountsIn, type FleetManager } from "../../fleet/state.ts";
import type { Transactions } from "../../fleet/transact.ts";

/** The password is set while `admin` has none. */
export async function setFirstPassword(parts: WayInParts, password: string | undefined): Promise<void> {
  if (password === undefined || password === "") return;
  if (!hasNoPassword(parts.manager)) return;
  const hash = await parts.passwords.hash(password);
  await parts.transactions.transact((work) => setUpAdmin(work, hash));
}

export interface WayInParts {
  readonly manager: FleetManager;
  readonly transactions: Transactions;
  readonly passwords: Passwords;
  readonly setupLink: SetupLink;
  readonly clocks: Clocks;
}

export function hasNoPassword(manager: FleetManager): boolean {
  return accountsIn(manager)?.users.get(ADMIN)?.passwordHash === undefined;
}

/** It returns null when there is another way in. */
export function makeSignInLink({ manager, setupLink, clocks }: WayInParts, address: string): string | null {
  const accounts = accountsIn(manager);
  if (accounts !== null && !needsSetup(accounts, clocks.now())) return null;
  return setupLink.make(address, clocks.steadyNow());
}
