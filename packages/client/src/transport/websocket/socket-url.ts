/** The address of a socket says where the replica resumes, what it mutates, and that it takes large messages in parts, and steps. */

import {
  LINES_PARAMETER,
  PARTS_PARAMETER,
  STEPS_PARAMETER,
  TICKET_PARAMETER,
  VIEW_PARAMETER,
} from "@neverstale/protocol";
import type { ConnectionOpening } from "../transport.ts";

/** Returns the WebSocket address of `url`, which may be relative to `base` or an address of HTTP (rules E2, M9, E7, U11 and V15). */
export function socketUrl(url: string, base: string | null, { resume, lines }: Begun): string {
  const address = new URL(url, base ?? undefined);
  address.protocol = address.protocol.replace("http", "ws");
  address.searchParams.set(PARTS_PARAMETER, "1");
  address.searchParams.set(STEPS_PARAMETER, "1");
  if (lines.length > 0) address.searchParams.set(LINES_PARAMETER, lines.join(","));
  if (resume !== null) {
    address.searchParams.set("epoch", resume.epoch);
    address.searchParams.set("space", resume.space);
    address.searchParams.set("version", String(resume.version));
    if (resume.proof !== undefined) {
      address.searchParams.set(VIEW_PARAMETER, resume.proof.view);
      address.searchParams.set(TICKET_PARAMETER, resume.proof.ticket);
    }
  }
  return address.href;
}

type Begun = Pick<ConnectionOpening, "resume" | "lines">;
