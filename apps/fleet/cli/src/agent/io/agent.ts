/** `neverstale agent` runs an agent on this host. The agent reads its own flags: here the command only stands in the list. */

import type { AddCommand } from "../../command-line/command.ts";

export const addAgent: AddCommand = (root) => {
  root
    .command("agent")
    .description("run on this host what its agent.yaml allows, and report it (neverstale agent --help)")
    .action(async () => {
      process.stdout.write((await import("@neverstale/fleet-agent")).HELP);
    });
};
