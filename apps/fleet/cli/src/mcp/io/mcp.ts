/** `neverstale mcp` lets a model look at the fleet, and run ops on it, under the rights of an API token. */

import { Option } from "commander";
import type { AddCommand } from "../../command-line/command.ts";
import { EXIT } from "../../command-line/failure.ts";
import { interruptible } from "../../session/io/interrupt.ts";
import { CommandLineSession } from "../../session/io/session.ts";

interface McpFlags {
  readonly server: string;
  readonly tokenFile: string;
  readonly caFile?: string;
}

const HELP_TEXT = `
It speaks the Model Context Protocol over its standard input and output, and ends when its input does. The tools are list_hosts, get_host,
list_runs, read_output, list_events and list_alerts, which change nothing, and run_op. The token says what all of them may: make one with the
role viewer for looking only. Ops that fleet.yaml marks as dangerous are refused, whatever the token may.

What hosts wrote stands as "untrusted" in the answers. A model must take it for data, as with everything that comes from elsewhere.

Example, in the settings of a client:
  {"mcpServers": {"fleet": {"command": "neverstale", "args": ["mcp", "--server", "https://fleet.example.org", "--token-file", "/home/ada/mcp.token"]}}}`;

export const addMcp: AddCommand = (root, end) => {
  root
    .command("mcp")
    .description("let a model look at the fleet and run ops, by the Model Context Protocol")
    .addOption(new Option("--server <address>", "the server").env("NEVERSTALE_URL").default("http://127.0.0.1:8080"))
    .addOption(
      new Option("--token-file <file>", "the file that holds an API token")
        .env("NEVERSTALE_TOKEN_FILE")
        .makeOptionMandatory(),
    )
    .addOption(
      new Option("--ca-file <file>", "PEM of the authority to trust instead of the system's").env("NEVERSTALE_CA"),
    )
    .addHelpText("after", HELP_TEXT)
    .action(async ({ server, ...trusted }: McpFlags) => {
      await interruptible(async (signal) => {
        const session = await CommandLineSession.signIn({ url: server, user: "", ...trusted });
        const { serveMcp } = await import("./serve-mcp.ts"); // The other commands start fast.
        await serveMcp(session, signal);
      });
      end.status = EXIT.ok;
    });
};
