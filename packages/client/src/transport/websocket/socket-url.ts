/** The address of a socket says where the replica resumes, what it mutates, and that it takes large messages in parts, and steps. */

import {
  LINES_PARAMETER,
  PARTS_PARAMETER,
  type Position,
  STEPS_PARAMETER,
  TICKET_PARAMETER,
  VIEW_PARAMETER,
} from "@neverstale/protocol";
import type { ConnectionOpening } from "../transport.ts";

/** Returns the WebSocket address of `url`, which may be relative to `base` or an address of HTTP (rules E2, M9, E7, U11 and V15). */
export function socketUrl(url: string, base: string | null, { resume, lines }: Begun): string {
  const address = new URL(url, base ?? undefined);
  address.protocol = address.protocol.replace("http", "ws");
  const parameters: Readonly<Record<string, string | number>> = {
    [PARTS_PARAMETER]: 1,
    [STEPS_PARAMETER]: 1,
    ...(lines.length > 0 && { [LINES_PARAMETER]: lines.join() }),
    ...(resume !== null && placeOf(resume)),
  };
  for (const name in parameters) address.searchParams.set(name, String(parameters[name]));
  return address.href;
}

type Begun = Pick<ConnectionOpening, "resume" | "lines">;

function placeOf({ proof, ...place }: Position) {
  return proof === undefined ? place : { ...place, [VIEW_PARAMETER]: proof.view, [TICKET_PARAMETER]: proof.ticket };
}
