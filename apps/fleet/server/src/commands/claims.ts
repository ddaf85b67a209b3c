/** An agent claims a command before it starts it, so that each command runs at most once. */

import { type ClaimRequest, isFinal } from "@neverstale/fleet-domain";
import { cloneAlarm } from "../agents/clones.ts";
import { note } from "../fleet/note.ts";
import type { Work } from "../fleet/work.ts";
import { endCommand } from "./decide.ts";
import { drive } from "./driver.ts";
import { ownCommand } from "./rules/foreign.ts";

/**
 * A pending command is running, on one instance, from here on. The same instance may ask again. Another one never gets it, and raises
 * an alarm.
 */
export function claim(work: Work, hostId: string, request: ClaimRequest): Claim {
  const { commandId, instance } = request;
  const assignment = work.agent(hostId)?.commands.get(commandId);
  const command = ownCommand(work, hostId, commandId);
  if (assignment === undefined || command === undefined || isFinal(command.status)) {
    return refused("it is not assigned to this host any more");
  }
  if (assignment.status === "claimed") {
    if (assignment.instance === instance) return { granted: true };
    cloneAlarm(work, hostId, "claim_refused", "a second instance of its agent claims a command that runs");
    return refused("another instance of this host's agent has it");
  }
  if (assignment.deadline !== undefined && assignment.deadline <= work.at.iso) {
    endCommand(work, command, {
      status: "expired",
      actor: "server",
      reason: "its agent claimed it after the deadline",
    });
    drive(work);
    return refused("its deadline has passed");
  }
  work.change("command_progress", hostId, { id: commandId, status: "running", startedAt: work.at.iso, deadline: null });
  work.changeAgent(hostId, "assignment_updated", commandId, { status: "claimed", instance });
  work.change("host_updated", hostId, { runningCommand: commandId });
  note(work, {
    category: "audit",
    level: "info",
    actor: `agent:${hostId}`,
    host: hostId,
    action: "command_started",
    message: `${command.op} started on ${hostId}`,
    details: { commandId },
  });
  return { granted: true };
}

export type Claim = { readonly granted: true } | { readonly granted: false; readonly reason: string };

function refused(reason: string): Claim {
  return { granted: false, reason };
}
