/** A session that is to let in people, programs or machines has shown the password or a code not long ago (C23). */

import type { Session } from "@neverstale/fleet-domain";
import { RequestRefusal } from "../fleet/refusal.ts";

/** A sign-in, and each confirmation, counts for so long. */
const PROOF_MS = 30 * 60_000;

/** It throws `confirmation_required`. */
export function requireRecentProof({ createdAt, provedAt = createdAt }: Session, nowMs: number): void {
  if (nowMs - Date.parse(provedAt) < PROOF_MS) return;
  throw new RequestRefusal("confirmation_required", "the last proof of who you are is too long ago for this", {
    hint: "POST /api/session/confirm with your password or, if you have a second factor, a code; or sign in again.",
  });
}
