/** `neverstale agent` runs an agent on this host. The agent reads its own flags: here the command only stands in the list. */

import type { AddCommand } from "../../command-line/command.ts";

export const addAgent: AddCommand = (root) => {
  const agent = root
    .command("agent")
    .description("run on this host what its agent.yaml allows, and report it (neverstale agent --help)")
    .action(printHelp);
  agent.command("run").description("run until it is stopped").action(printHelp);
  agent.command("install").description("put the agent on this host, and have the system start it").action(printHelp);
  agent.command("upgrade").description("put the server's agent in the place of this one").action(printHelp);
  agent.command("uninstall").description("end the agent and take it off this host").action(printHelp);
};

async function printHelp(): Promise<void> {
  process.stdout.write((await import("@neverstale/fleet-agent")).HELP);
}
