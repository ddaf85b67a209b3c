/** The status of a host looks like this. */

import type { HostStatus } from "@neverstale/fleet-domain/schema-free";
import type { Look } from "../components/look.ts";

export const HOST_LOOKS: Readonly<Record<HostStatus, Look>> = {
  ready: { word: "Ready", shape: "dot", tone: "good" },
  busy: { word: "Busy", shape: "turn", tone: "busy" },
  offline: { word: "Offline", shape: "square", tone: "bad" },
};
