/** The certificate of the server and its key are read from their files and checked here. */

import { createPrivateKey, X509Certificate } from "node:crypto";
import { closeSync, fstatSync, openSync, readFileSync } from "node:fs";
import { createSecureContext } from "node:tls";
import { StartFailure } from "../../process/start-failure.ts";

export interface CertificateFiles {
  /** It holds the certificate, and behind it those of the authorities between it and one that clients trust. */
  readonly cert: string;
  readonly key: string;
}

/** Both are PEM texts that belong together. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
  /** It is a time in milliseconds since 1970. */
  readonly expiresAt: number;
}

/** No file of a certificate or a key that somebody means is larger. */
const MAX_FILE_BYTES = 256 * 1024;

/** It throws a `StartFailure` that says what is wrong with them, and never what stands in the key. */
export function readCertificate(files: CertificateFiles): Certificate {
  const cert = readPem(files.cert, { flag: "--tls-cert", isSecret: false });
  const key = readPem(files.key, { flag: "--tls-key", isSecret: true });
  const first = parsed(`--tls-cert ${files.cert} holds no certificate`, () => new X509Certificate(cert));
  const own = parsed(`--tls-key ${files.key} holds no key that can be used without a passphrase`, () =>
    createPrivateKey(key),
  );
  if (!first.checkPrivateKey(own))
    throw new StartFailure(
      `the key ${files.key} does not belong to the first certificate of ${files.cert}`,
      "Give the certificate of the server first, and its own key.",
    );
  parsed(`${files.cert} and ${files.key} can't be used for TLS`, () => createSecureContext({ cert, key }));
  return { cert, key, expiresAt: Date.parse(first.validTo) };
}

function parsed<T>(problem: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw new StartFailure(problem, "Give PEM files, which begin with -----BEGIN.", error);
  }
}

function readPem(path: string, { flag, isSecret }: { readonly flag: string; readonly isSecret: boolean }): string {
  const file = open(path, flag);
  try {
    const { size, mode } = fstatSync(file);
    if (size > MAX_FILE_BYTES)
      throw new StartFailure(`${flag} ${path} has more than ${MAX_FILE_BYTES} bytes`, "Give a file in PEM.");
    if (isSecret && process.platform !== "win32" && (mode & 0o007) !== 0)
      throw new StartFailure(`${flag} ${path} is open to all users`, `Run: chmod o-rwx ${path}`);
    return readFileSync(file, "utf8");
  } finally {
    closeSync(file);
  }
}

function open(path: string, flag: string): number {
  try {
    return openSync(path, "r");
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    throw new StartFailure(`${flag} ${path} can't be read (${code})`, "Let the server's user read it.", error);
  }
}
