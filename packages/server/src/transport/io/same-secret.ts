/** Secrets are compared in the same time wherever they differ. */

import { createHash, timingSafeEqual } from "node:crypto";

export function isSameSecret(a: string, b: string): boolean {
  return timingSafeEqual(createHash("sha256").update(a).digest(), createHash("sha256").update(b).digest());
}
