/** Commands that wait because the rule of their op says so are counted for `/metrics`. */

import type { Command } from "@neverstale/fleet-domain";

export function waitingCommands(commands: Iterable<Command>): Readonly<Record<string, number>> {
  let [retries, verifying] = [0, 0];
  for (const command of commands) {
    if (command.status === "pending" && command.retryOf !== undefined) retries += 1;
    if (command.verifying !== undefined) verifying += 1;
  }
  return { commandsWaitingForRetry: retries, commandsWaitingForChecks: verifying };
}
