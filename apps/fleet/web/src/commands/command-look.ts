/** A command's status looks like this. */

import type { CommandStatus } from "@neverstale/fleet-domain";
import { type Look, lookOf } from "../components/look.ts";

export function commandLook(status: CommandStatus): Look {
  return lookOf(COMMAND_LOOKS, status);
}

const COMMAND_LOOKS: Readonly<Record<CommandStatus, Look>> = {
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
