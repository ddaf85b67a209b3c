/** The address of a socket says where the replica resumes, and that it takes large messages in parts, and steps. */

import { PARTS_PARAMETER, type Position, STEPS_PARAMETER } from "@neverstale/protocol";

/** Returns the WebSocket address of `url`, which may be relative to `base` or an address of HTTP (rules E2, M9 and E7). */
export function socketUrl(url: string, base: string | null, resume: Position | null): string {
  const address = new URL(url, base ?? undefined);
  address.protocol = address.protocol.replace("http", "ws");
  address.searchParams.set(PARTS_PARAMETER, "1");
  address.searchParams.set(STEPS_PARAMETER, "1");
  if (resume !== null) {
    address.searchParams.set("epoch", resume.epoch);
    address.searchParams.set("space", resume.space);
    address.searchParams.set("version", String(resume.version));
  }
  return address.href;
}
