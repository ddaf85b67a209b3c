/** The credential keeper exchanges the host's credential for another one, so that no crash at any point locks the host out. */

import { randomBytes } from "node:crypto";
import type { Logger } from "pino";
import type { Credential } from "./enrollment.ts";
import type { ServerApi } from "./server-api.ts";

/**
 * The nonce is on disk before it is sent, so an answer that was lost is given again. The new credential is on disk before it is used,
 * and the server lets go of the old one only then. The old one is kept beside it: a server that was put back from a backup knows no other.
 */
export class CredentialKeeper {
  readonly #parts: CredentialKeeperParts;
  #kept: Credential;
  #isAsking = false;

  constructor(kept: Credential, parts: CredentialKeeperParts) {
    this.#kept = kept;
    this.#parts = parts;
    parts.api.credential = kept.credential;
  }

  /** It is shown with each request from now on. */
  get credential(): string {
    return this.#kept.credential;
  }

  /** The server asks for it with each answer until it is done. It never throws. */
  async rotate(): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    try {
      await this.#exchange();
    } catch (err) {
      this.#parts.log.error({ err }, "the credential was not exchanged; the old one is good still");
    } finally {
      this.#isAsking = false;
    }
  }

  async #exchange(): Promise<void> {
    const { api, log } = this.#parts;
    const before = this.#kept;
    const nonce = before.nonce ?? randomBytes(32).toString("base64url");
    if (before.nonce === undefined) this.#keep({ ...before, nonce });
    const result = await api.renew({ nonce });
    if (result.type !== "ok") {
      log.warn({ answer: result.message }, "no other credential was given");
      return;
    }
    const { hostId, tokenHash, credential: previous } = before;
    this.#keep({ hostId, tokenHash, credential: result.answer.credential, previous });
    log.info({ hostId }, "the credential was exchanged");
  }

  /** The server refuses the credential. Returns true where there is an older one to try. */
  fallBack(): boolean {
    const { hostId, tokenHash, previous } = this.#kept;
    if (previous === undefined) return false;
    this.#keep({ hostId, tokenHash, credential: previous });
    this.#parts.log.warn({ hostId }, "the credential is refused: the one before it is tried");
    return true;
  }

  #keep(credential: Credential): void {
    this.#parts.keep(credential);
    this.#kept = credential;
    this.#parts.api.credential = credential.credential;
  }
}

interface CredentialKeeperParts {
  /** It writes to the disk, and returns once that is done. */
  readonly keep: (credential: Credential) => void;
  readonly api: Pick<ServerApi, "renew"> & { credential: string | null };
  readonly log: Logger;
}
