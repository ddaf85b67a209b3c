/** The first way in is the admin's password from the settings, or a one-time link. */

import { Turns } from "@neverstale/base";
import { hasAdminPassword, needsSetup, setUpAdmin } from "../../accounts/decide.ts";
import type { Passwords } from "../../accounts/io/passwords.ts";
import type { SetupLink } from "../../accounts/io/setup-link.ts";
import type { Log } from "../../fleet/log.ts";
import type { Clocks } from "../../fleet/moment.ts";
import { accountsIn, type FleetManager } from "../../fleet/state.ts";
import type { Transactions } from "../../fleet/transact.ts";

/**
 * A node that decides changes later does then what the first one did at its start, because nobody may have been let in yet. It returns how to stop. A link is good at the node that made it, as long as that one decides changes.
 */
export function openInLaterTerms(parts: WayInParts & { readonly log: Log }, way: Way): () => Promise<void> {
  const { manager, setupLink, log } = parts;
  const turns = new Turns();
  const open = async () => {
    await setFirstPassword(parts, way.password);
    const link = makeSignInLink(parts, way.address);
    if (link !== null) way.show(link);
  };
  const stop = manager.onTerm(() => {
    if (manager.epoch !== way.doneIn)
      turns.take(open).catch((err: unknown) => log.error({ err }, "no way in was made at the begin of the term"));
    return () => setupLink.drop();
  });
  return async () => {
    stop();
    await turns.take(() => {});
  };
}

export interface Way {
  readonly password: string | undefined;
  readonly address: string;
  readonly show: (link: string) => void;
  /** It was done already in the term of this epoch, or in none. */
  readonly doneIn: string | null;
}

/** The password becomes that of `admin` while no admin has one. */
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
  const accounts = accountsIn(manager);
  return accounts === null || !hasAdminPassword(accounts);
}

/** It returns null when there is another way in. */
export function makeSignInLink({ manager, setupLink, clocks }: WayInParts, address: string): string | null {
  const accounts = accountsIn(manager);
  if (accounts !== null && !needsSetup(accounts, clocks.now())) return null;
  return setupLink.make(address, clocks.steadyNow());
}
