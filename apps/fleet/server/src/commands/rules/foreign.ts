/** An agent that names a command of another host is refused, counted and told of: an id is never authority (C31). */

import type { Command } from "@neverstale/fleet-domain";
import { noteWithin } from "../../fleet/note.ts";
import type { Work } from "../../fleet/work.ts";

/** It returns a command of this host. An id that is unknown may be one that has left the state. */
export function ownCommand(work: Work, hostId: string, commandId: string): Command | undefined {
  const command = work.fleet.commands.get(commandId);
  if (command === undefined || command.host === hostId) return command;
  work.budgets.countForeign();
  noteWithin(work, {
    category: "error",
    level: "error",
    actor: `agent:${hostId}`,
    host: hostId,
    action: "foreign_command",
    message: `the agent of ${hostId} speaks of a command of another host: it was not heard; look at that machine`,
    details: { commandId },
  });
  return undefined;
}
