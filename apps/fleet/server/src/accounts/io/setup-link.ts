import { hashOf, newSecret, sameSecret } from "./secrets.ts";

const VALID_MS = 15 * 60_000;

export function linkTo(address: string, token: string): string {
  return `${address}/#setup=${token}`;
}

/** The one-time sign-in link, of the first start or of a reset: kept in memory only, as a hash, gone once used (C24). */
export class SetupLink {
  #hash: string | null = null;
  #expiresMs = 0;

  /** Replaces an earlier one. The token is behind the `#`: browsers don't send it, nothing logs it (C12). */
  make(address: string, nowMs: number): string {
    const token = newSecret();
    this.take(hashOf(token), nowMs);
    return linkTo(address, token);
  }

  /** One whose token somebody else has made. */
  take(hash: string, nowMs: number): void {
    this.#hash = hash;
    this.#expiresMs = nowMs + VALID_MS;
  }

  /** The one there is opens nothing any more. */
  drop(): void {
    this.#hash = null;
  }

  /** Once, and at once, so that no second one gets in meanwhile. Returns how to give it back when nothing came of it. */
  use(token: string, nowMs: number): (() => void) | null {
    const hash = this.#hash;
    if (hash === null || nowMs >= this.#expiresMs || !sameSecret(hashOf(token), hash)) return null;
    this.#hash = null;
    return () => {
      this.#hash ??= hash;
    };
  }
}
