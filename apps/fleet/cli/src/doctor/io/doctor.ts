/** `neverstale doctor` looks for what is wrong with a server, with this machine, and with what lies between them. */

import { Option } from "commander";
import type { AddCommand } from "../../command-line/command.ts";
import { dataDirOption, listenAddress, portOption } from "../../command-line/flags.ts";
import { trustAuthority } from "../../session/io/trusted-authority.ts";
import { plainJson } from "../../terminal/plain-text.ts";
import { exitOf, findingLines, summaryLine } from "../finding-lines.ts";
import { lookAtServer } from "./server.ts";
import { lookAtMachine } from "./this-machine.ts";

interface DoctorFlags {
  readonly url: string;
  readonly tokenFile?: string;
  readonly caFile?: string;
  readonly dataDir: string;
  readonly agentFile?: string;
  readonly fleetFile?: string;
  readonly secretKeyFile?: string;
  readonly store?: string;
  readonly host: string;
  readonly port: number;
  readonly onlyServer?: boolean;
  readonly json?: boolean;
}

const HELP_TEXT = `
On the server's machine it looks at Node.js, the data directory, the store (which it reads whole, also while a server works on it), disk space,
the secret key, fleet.yaml and agent.yaml with the lines of what is wrong, and the port. Of the server it looks at whether it answers and is ready, the
clock, what lies between (WebSocket through a proxy, TLS and its certificate), and the API token if one is given. It alters nothing.

Each line is ok, warn or fail, with what to do below it. Status: 0 without a failure, 1 with one.

Examples:
  neverstale doctor --data-dir /var/lib/neverstale
  neverstale doctor --only-server --url https://fleet.example.org --token-file report.token
  neverstale doctor --json | jq 'select(.status != "ok")'`;

export const addDoctor: AddCommand = (root, end) => {
  root
    .command("doctor")
    .description("look for what is wrong with a server, this machine and what lies between")
    .addOption(new Option("--url <address>", "the server").env("NEVERSTALE_URL").default("http://127.0.0.1:8080"))
    .addOption(new Option("--token-file <file>", "look at this API token, too").env("NEVERSTALE_TOKEN_FILE"))
    .addOption(
      new Option("--ca-file <file>", "PEM of the authority to trust instead of the system's").env("NEVERSTALE_CA"),
    )
    .addOption(dataDirOption())
    .option("--agent-file <file>", "the agent.yaml; default: that of the agent in the data directory, if there is one")
    .addOption(
      new Option("--fleet-file <file>", "the fleet.yaml; default: that in the data directory").env(
        "NEVERSTALE_FLEET_FILE",
      ),
    )
    .addOption(
      new Option("--secret-key-file <file>", "the server's key; default: that in the data directory").env(
        "NEVERSTALE_SECRET_KEY_FILE",
      ),
    )
    .addOption(new Option("--store <url>", "the state is there, and is not looked at").env("NEVERSTALE_STORE"))
    .addOption(
      new Option("--host <address>", "the address that the server listens on")
        .env("NEVERSTALE_HOST")
        .default("127.0.0.1")
        .argParser(listenAddress),
    )
    .addOption(portOption())
    .option("--only-server", "look at nothing that lies on this machine")
    .option("--json", "print one JSON object on each line")
    .addHelpText("after", HELP_TEXT)
    .action(async (flags: DoctorFlags) => {
      if (flags.caFile !== undefined) trustAuthority(flags.caFile);
      const { dataDir, agentFile, fleetFile, secretKeyFile, store, host, port } = flags;
      const places = { dataDir, agentFile, fleetFile, secretKeyFile, store, host, port };
      const findings = [
        ...(flags.onlyServer === true ? [] : await lookAtMachine(places)),
        ...(await lookAtServer(flags.url, flags.tokenFile)),
      ];
      const lines =
        flags.json === true
          ? findings.map((finding) => plainJson(JSON.stringify(finding)))
          : [...findingLines(findings), summaryLine(findings)];
      for (const line of lines) process.stdout.write(`${line}\n`);
      end.status = exitOf(findings);
    });
};
