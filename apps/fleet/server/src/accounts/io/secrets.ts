/** Secrets are drawn, hashed, derived and compared here. */

import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";

/** It draws 256 random bits, as URL-safe text. */
export function newSecret(): string {
  return randomBytes(32).toString("base64url");
}

/** The hash is stored in place of a secret. The secret has 256 random bits, so that a plain hash says nothing of it. */
export function hashOf(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

/** It derives a name from parts, so that no part can be taken for the end of another. */
export function derivedId(...parts: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("base64url").slice(0, 22).replace(/^-/, "_");
}

/** A session's CSRF token is bound to its secret, and does not help in guessing it (C25). */
export function csrfTokenOf(sessionSecret: string): string {
  return createHash("sha256").update(`csrf ${sessionSecret}`).digest("base64url");
}

/**
 * A credential is bound to the token and to the agent that used it. So a lost answer can be given again, and nothing of it is
 * stored.
 */
export function credentialOf(token: string, nonce: string): string {
  return createHash("sha256")
    .update(JSON.stringify(["credential", token, nonce]))
    .digest("base64url");
}

/** It follows from the credential that it replaces and from the agent's nonce, and nothing of it is stored either. */
export function nextCredentialOf(credential: string, nonce: string): string {
  return createHash("sha256")
    .update(JSON.stringify(["next credential", credential, nonce]))
    .digest("base64url");
}

/**
 * A token that is shown once is bound to what the caller has shown and to the idempotency key, which is drawn anew for each. So a
 * repeat has the same token.
 */
export function tokenFor(
  shownSecret: string,
  kind: "enrolment token" | "one-time link" | "API token" | "recovery code",
  key: string,
): string {
  return createHmac("sha256", shownSecret)
    .update(JSON.stringify([kind, key]))
    .digest("base64url");
}

/** It compares in a time that does not tell where they differ. */
export function sameSecret(a: string, b: string): boolean {
  return timingSafeEqual(createHash("sha256").update(a).digest(), createHash("sha256").update(b).digest());
}
