/** A host is ready, busy or offline. */

import type { Host } from "./host.ts";

export type HostStatus = "ready" | "busy" | "offline";

export function hostStatus(host: Pick<Host, "online" | "runningCommand">): HostStatus {
  if (!host.online) return "offline";
  return host.runningCommand === undefined ? "ready" : "busy";
}
