/** The agent of this machine is let in and started here. */

import { join } from "node:path";
import { hashOf, newSecret } from "../../accounts/io/secrets.ts";
import { makeEnrollmentToken, removeEnrollmentToken } from "../../agents/enroll.ts";
import type { Credentials } from "../../agents/io/credentials.ts";
import type { Log } from "../../fleet/log.ts";
import type { Transactions } from "../../fleet/transact.ts";
import type { FleetNodes } from "../../nodes/io/fleet-nodes.ts";
import type { ServedCertificate } from "../../tls/io/served-certificate.ts";
import { credentialIn, LocalAgent, removedHint } from "./local-agent.ts";

/**
 * An agent that the state knows needs no token. Otherwise it gets a fresh one, and an unused older one goes. No agent is started where
 * this machine's host was removed: it stays away until its credential is deleted.
 */
export async function startLocalAgent(
  { certificate, credentials, nodes, transactions, log }: LocalAgentParts,
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
  const enrollToken = known === undefined ? await makeLocalToken(transactions, labelOf(nodes)) : null;
  const shown = certificate?.files.cert ?? null;
  return new LocalAgent({ address: loopbackOf(address), certificate: shown, dataDir, enrollToken, log });
}

export interface LocalAgentParts {
  readonly certificate: ServedCertificate | null;
  readonly credentials: Credentials;
  readonly nodes: FleetNodes | null;
  readonly transactions: Transactions;
  readonly log: Log;
}

/** Each node has a machine of its own. */
function labelOf(nodes: FleetNodes | null): string {
  return nodes === null ? "this machine" : `the machine of ${nodes.address}`;
}

async function makeLocalToken(transactions: Transactions, label: string): Promise<string> {
  const token = newSecret();
  await transactions.transactAnywhere((work) => {
    for (const old of [...work.accounts.enrollmentTokens.values()]) {
      if (old.label === label && old.usedBy === undefined) removeEnrollmentToken(work, old.id, "server");
    }
    makeEnrollmentToken(work, hashOf(token), "server", { label });
  });
  return token;
}

/** An agent on this machine reaches a server that listens everywhere by the loopback address. */
function loopbackOf(address: string): string {
  return address.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:");
}
