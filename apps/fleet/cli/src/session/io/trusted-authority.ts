/** The command line trusts the authorities of the system, or the one that a person names. Verification is never off. */

import { readFileSync } from "node:fs";
import tls from "node:tls";
import { Failure } from "../../command-line/failure.ts";

/** From now on this process trusts what stands in the file, and nothing else. */
export function trustAuthority(path: string): void {
  if (typeof tls.setDefaultCACertificates !== "function")
    throw new Failure("--ca-file needs Node.js 22.19 or newer", {
      hint: `Or start it with NODE_EXTRA_CA_CERTS=${path}, and without --ca-file.`,
    });
  try {
    tls.setDefaultCACertificates([readFileSync(path, "utf8")]);
  } catch (cause) {
    throw new Failure(`--ca-file ${path} can't be used`, { hint: "Give a PEM file that this user may read.", cause });
  }
}

/** It returns why the server's certificate was not accepted, or null when that was not what went wrong. */
export function distrustIn(error: unknown): string | null {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code !== undefined && DISTRUST.test(code)) return message;
  }
  return null;
}

/** These are the codes of OpenSSL's verification, and Node's for a name that is not in the certificate. */
const DISTRUST =
  /^(ERR_TLS_CERT_|CERT_|DEPTH_ZERO_SELF_SIGNED_CERT$|SELF_SIGNED_CERT|UNABLE_TO_(GET_ISSUER|VERIFY_LEAF))/;
