/** A moment's ids are drawn here, from the machine's random bits. */

import { randomBytes } from "node:crypto";
import { hashOf } from "../../accounts/io/secrets.ts";
import type { FleetMoment } from "../moment.ts";

export function momentAt(ms: number): FleetMoment {
  return { ms, iso: new Date(ms).toISOString(), newId, hashOf };
}

/** People give ids to commands of a shell, which would take one for a flag that begins with a hyphen. */
function newId(): string {
  return randomBytes(16).toString("base64url").replace(/^-/, "_");
}
