/** The address of a socket says where the replica resumes, and that it takes large messages in parts. */

import { PARTS_PARAMETER, type Position } from "@neverstale/protocol";

/** Returns the WebSocket address of `url`, which may be relative to `base` or an address of HTTP (rules E2 and M9). */
export function socketUrl(url: string, base: string | null, resume: Position | null): string {
  const address = new URL(url, base ?? undefined);
  address.protocol = address.protocol.replace("http", "ws");
  address.searchParams.set(PARTS_PARAMETER, "1");
  if (resume !== null) {
    address.searchParams.set("epoch", resume.epoch);
    address.searchParams.set("space", resume.space);
    address.searchParams.set("version", String(resume.version));
  }
  return address.href;
}
