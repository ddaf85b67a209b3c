import type { CommandStatus, Event, PipelineStatus } from "@neverstale/fleet-domain";
import type { HostStatus } from "../hosts/host-filter.ts";
import type { Look } from "./mark.tsx";

/** How every status of the fleet reads. A status that a newer server knows and this page doesn't is shown by its name. */
export const COMMAND_LOOKS: Readonly<Record<CommandStatus, Look>> = {
  pending: { word: "Pending", shape: "ring", tone: "quiet" },
  running: { word: "Running", shape: "turn", tone: "busy" },
  succeeded: { word: "Succeeded", shape: "check", tone: "good" },
  failed: { word: "Failed", shape: "cross", tone: "bad" },
  timed_out: { word: "Timed out", shape: "clock", tone: "bad" },
  cancelled: { word: "Cancelled", shape: "slash", tone: "quiet" },
  lost: { word: "Lost", shape: "question", tone: "bad" },
  blocked: { word: "Blocked", shape: "triangle", tone: "warn" },
  rejected: { word: "Rejected", shape: "slash", tone: "warn" },
  expired: { word: "Expired", shape: "clock", tone: "warn" },
  skipped: { word: "Skipped", shape: "skip", tone: "quiet" },
};

export function commandLook(status: CommandStatus): Look {
  return COMMAND_LOOKS[status] ?? { word: status, shape: "question", tone: "quiet" };
}

const PIPELINE_LOOKS: Readonly<Record<PipelineStatus, Look>> = {
  running: { word: "Running", shape: "turn", tone: "busy" },
  complete: { word: "Complete", shape: "check", tone: "good" },
  partial: { word: "Partial", shape: "half", tone: "warn" },
  failed: { word: "Failed", shape: "cross", tone: "bad" },
  cancelled: { word: "Cancelled", shape: "slash", tone: "quiet" },
};

export function pipelineLook(status: PipelineStatus): Look {
  return PIPELINE_LOOKS[status] ?? { word: status, shape: "question", tone: "quiet" };
}

export const HOST_LOOKS: Readonly<Record<HostStatus, Look>> = {
  ready: { word: "Ready", shape: "dot", tone: "good" },
  busy: { word: "Busy", shape: "turn", tone: "busy" },
  offline: { word: "Offline", shape: "square", tone: "bad" },
};

const EVENT_LOOKS: Readonly<Record<Event["level"], Look>> = {
  info: { word: "Info", shape: "ring", tone: "quiet" },
  success: { word: "Success", shape: "check", tone: "good" },
  warn: { word: "Warning", shape: "triangle", tone: "warn" },
  error: { word: "Error", shape: "cross", tone: "bad" },
};

export function eventLook(level: Event["level"]): Look {
  return EVENT_LOOKS[level] ?? { word: level, shape: "question", tone: "quiet" };
}
