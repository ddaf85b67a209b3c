/** A tile shows by its shape and its colour how a host is. */

import type { Host } from "@neverstale/fleet-domain";
import { hostStatus } from "@neverstale/fleet-domain/schema-free";
import type { Look } from "../../components/look.ts";
import { notWell } from "../found/host-order.ts";
import { HOST_LOOKS } from "../host-status.ts";

const UNWELL: Look = { word: "Not well", shape: "triangle", tone: "warn" };

export const TILE_LOOKS: readonly Look[] = [HOST_LOOKS.ready, HOST_LOOKS.busy, UNWELL, HOST_LOOKS.offline];

/** A host that is offline is shown so, whatever its checks said last. */
export function tileLook(host: Host): Look {
  let look = LOOKS.get(host);
  if (look === undefined) {
    const status = hostStatus(host);
    look = status !== "offline" && notWell(host) > 0 ? UNWELL : HOST_LOOKS[status];
    LOOKS.set(host, look);
  }
  return look;
}

/** A record is never altered, so it is looked at once. */
const LOOKS = new WeakMap<Host, Look>();
