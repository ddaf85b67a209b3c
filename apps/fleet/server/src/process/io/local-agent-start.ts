/** The agent of this machine is let in and started here. */

import { join } from "node:path";
import { hashOf, newSecret } from "../../accounts/io/secrets.ts";
import { makeEnrollmentToken, removeEnrollmentToken } from "../../agents/enroll.ts";
import type { Credentials } from "../../agents/io/credentials.ts";
import type { Log } from "../../fleet/log.ts";
import type { Transactions } from "../../fleet/transact.ts";
import { credentialIn, LocalAgent, removedHint } from "./local-agent.ts";

/**
 * An agent that the state knows needs no token. Otherwise it gets a fresh one, and an unused older one goes. No agent is started where
 * this machine's host was removed: it stays away until its credential is deleted.
 */
export async function startLocalAgent(
  { credentials, transactions, log }: LocalAgentParts,
  address: string,
  fleetDir: string,
): Promise<LocalAgent | null> {
  const dataDir = join(fleetDir, "agent");
  const credential = credentialIn(dataDir);
  const known = credential === null ? undefined : credentials.find(credential);
  if (known?.revoked === true) {
    log.info(removedHint(dataDir));
    return null;
  }
  const enrollToken = known === undefined ? await makeLocalToken(transactions) : null;
  return new LocalAgent({ address: loopbackOf(address), dataDir, enrollToken, log });
}

export interface LocalAgentParts {
  readonly credentials: Credentials;
  readonly transactions: Transactions;
  readonly log: Log;
}

const LOCAL_TOKEN = "this machine";

async function makeLocalToken(transactions: Transactions): Promise<string> {
  const token = newSecret();
  await transactions.transact((work) => {
    for (const old of [...work.accounts.enrollmentTokens.values()]) {
      if (old.label === LOCAL_TOKEN && old.usedBy === undefined) removeEnrollmentToken(work, old.id, "server");
    }
    makeEnrollmentToken(work, hashOf(token), "server", { label: LOCAL_TOKEN });
  });
  return token;
}

/** An agent on this machine reaches a server that listens everywhere by the loopback address. */
function loopbackOf(address: string): string {
  return address.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:");
}
