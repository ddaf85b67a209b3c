/** The one-time sign-in link, of the first start or of a reset, is kept in memory only, as a hash (C24). */

import { hashOf, newSecret, sameSecret } from "./secrets.ts";

export class SetupLink {
  #hash: string | null = null;
  #expiresMs = 0;

  /** A new link replaces an earlier one. Its token is behind the `#`, so browsers don't send it and nothing logs it (C12). */
  make(address: string, nowMs: number): string {
    const token = newSecret();
    this.take(hashOf(token), nowMs);
    return linkTo(address, token);
  }

  /** It takes a link whose token somebody else has made. */
  take(hash: string, nowMs: number): void {
    this.#hash = hash;
    this.#expiresMs = nowMs + VALID_MS;
  }

  /** The present link opens nothing any more. */
  drop(): void {
    this.#hash = null;
  }

  /**
   * The link is used up at once, so that nobody else gets in meanwhile. It returns how to give the link back when nothing came of it,
   * or null for a token that opens nothing.
   */
  use(token: string, nowMs: number): (() => void) | null {
    const hash = this.#hash;
    if (hash === null || nowMs >= this.#expiresMs || !sameSecret(hashOf(token), hash)) return null;
    this.#hash = null;
    return () => {
      this.#hash ??= hash;
    };
  }
}

const VALID_MS = 15 * 60_000;

export function linkTo(address: string, token: string): string {
  return `${address}/#setup=${token}`;
}
