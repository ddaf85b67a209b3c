/** The certificate that the server shows is another one as soon as its files are. */

import { resolve } from "node:path";
import type { Server as TlsServer } from "node:tls";
import type { Log } from "../../fleet/log.ts";
import { type Certificate, type CertificateFiles, readCertificate } from "./certificate-files.ts";

/** The files are looked at so often. Who renews a certificate does so days before it expires. */
const LOOK_EVERY_MS = 10_000;

/**
 * Connections that are open keep the certificate that they were opened with. Files that can't be used change nothing, because the key
 * may only be about to follow its certificate: they are looked at again.
 */
export class ServedCertificate {
  readonly files: CertificateFiles;
  readonly #log: Log;
  readonly #servers = new Set<TlsServer>();
  #current: Certificate;
  #changes = 0;
  #failures = 0;
  #lastProblem = "";

  /** It throws a `StartFailure` when the files can't be used. */
  constructor({ cert, key }: CertificateFiles, log: Log) {
    this.files = { cert: resolve(cert), key: resolve(key) };
    this.#log = log;
    this.#current = readCertificate(this.files);
  }

  get current(): Certificate {
    return this.#current;
  }

  get metrics(): Readonly<Record<string, number>> {
    return {
      certificateExpiresSeconds: Math.floor(this.#current.expiresAt / 1000),
      certificateChangesTotal: this.#changes,
      certificateReadFailuresTotal: this.#failures,
    };
  }

  /** From now on this server shows what the files hold. */
  serve(server: TlsServer): void {
    this.#servers.add(server);
    server.once("close", () => this.#servers.delete(server));
  }

  read(): void {
    try {
      this.#take(readCertificate(this.files));
      this.#lastProblem = "";
    } catch (err) {
      this.#failures += 1;
      const problem = err instanceof Error ? err.message : String(err);
      if (problem !== this.#lastProblem)
        this.#log.error({ err }, "the certificate was not read again: the one from before is still shown");
      this.#lastProblem = problem;
    }
  }

  /** It looks at the files until the function that it returns is called. */
  watch(): () => Promise<void> {
    const timer = setInterval(() => this.read(), LOOK_EVERY_MS);
    timer.unref();
    return async () => clearInterval(timer);
  }

  #take(found: Certificate): void {
    const { cert, key, expiresAt } = found;
    if (cert === this.#current.cert && key === this.#current.key) return;
    for (const server of this.#servers) server.setSecureContext({ cert, key });
    this.#current = found;
    this.#changes += 1;
    this.#log.info({ expires: new Date(expiresAt).toISOString() }, "another certificate is shown from now on");
  }
}
