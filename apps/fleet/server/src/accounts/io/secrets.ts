import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";

/** 256 random bits as URL-safe text. */
export function newSecret(): string {
  return randomBytes(32).toString("base64url");
}

/** What is stored in place of a secret. It has 256 random bits, so that a plain hash says nothing of it. */
export function hashOf(secret: string): string {
  return createHash("sha256").update(secret).digest("hex");
}

/** A name derived from parts, none of which can be taken for another's end. */
export function derivedId(...parts: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("base64url").slice(0, 22);
}

/** The session's CSRF token: bound to it, and no help in guessing it (C25). */
export function csrfTokenOf(sessionSecret: string): string {
  return createHash("sha256").update(`csrf ${sessionSecret}`).digest("base64url");
}

/** Bound to the token and to the agent that used it: a lost answer can be given again, and nothing of it is stored. */
export function credentialOf(token: string, nonce: string): string {
  return createHash("sha256")
    .update(JSON.stringify(["credential", token, nonce]))
    .digest("base64url");
}

/** Bound to the session and to the idempotency key, which is drawn anew for each token: the same again for a repeat. */
export function enrollmentTokenOf(sessionSecret: string, key: string): string {
  return createHmac("sha256", sessionSecret)
    .update(JSON.stringify(["enrolment token", key]))
    .digest("base64url");
}

/** In a time that does not tell where they differ. */
export function sameSecret(a: string, b: string): boolean {
  return timingSafeEqual(createHash("sha256").update(a).digest(), createHash("sha256").update(b).digest());
}
