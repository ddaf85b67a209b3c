/** The agent sends its credential to a server alone that it trusts (C39). Here stands which one that is. */

import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import tls, { type ConnectionOptions, type PeerCertificate } from "node:tls";

export interface ServerTrust {
  /** This PEM text has the authorities that are trusted instead of the system's. Null means the system's. */
  readonly ca: string | null;
  /**
   * The server must show the first certificate of this file, whatever its name and whoever has signed it. The server of this machine is
   * found so at its loopback address. Null means that the name counts.
   */
  readonly certificate: string | null;
}

export const SYSTEM_TRUST: ServerTrust = { ca: null, certificate: null };

/** The file is read each time, since a certificate is renewed. It throws when it can't be read. */
export function tlsOptionsOf({ ca, certificate }: ServerTrust): ConnectionOptions {
  if (certificate === null) return ca === null ? {} : { ca };
  const expected = new X509Certificate(readFileSync(certificate));
  return {
    ca: expected.toString(),
    allowPartialTrustChain: true,
    checkServerIdentity: (_, shown) => differenceOf(shown, expected),
  };
}

function differenceOf(shown: PeerCertificate, expected: X509Certificate): Error | undefined {
  if (shown.fingerprint256 === expected.fingerprint256) return undefined;
  return new Error("the server shows another certificate than the one it must show");
}

/**
 * Where no WebSocket passes, the agent follows by `fetch`, which takes no authority for one request. So the whole process trusts the given
 * one. Node.js before 22.19 can't be told so, and such an agent needs `NODE_EXTRA_CA_CERTS`.
 */
export function trustInProcess({ ca }: ServerTrust): void {
  if (ca !== null && "setDefaultCACertificates" in tls) tls.setDefaultCACertificates([ca]);
}
