/** A host is ready, busy or offline, and its status looks like this. */

import type { Host } from "@neverstale/fleet-domain";
import type { Look } from "../components/look.ts";

export type HostStatus = "ready" | "busy" | "offline";

export function hostStatus(host: Host): HostStatus {
  if (!host.online) return "offline";
  return host.runningCommand === undefined ? "ready" : "busy";
}

export const HOST_LOOKS: Readonly<Record<HostStatus, Look>> = {
  ready: { word: "Ready", shape: "dot", tone: "good" },
  busy: { word: "Busy", shape: "turn", tone: "busy" },
  offline: { word: "Offline", shape: "square", tone: "bad" },
};
