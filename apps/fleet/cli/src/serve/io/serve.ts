/** `neverstale serve` runs the server, and an agent for this machine. */

import { Option } from "commander";
import type { AddCommand } from "../../command-line/command.ts";
import { EXIT } from "../../command-line/failure.ts";
import {
  dataDirOption,
  durationBetween,
  integerBetween,
  listenAddress,
  portOption,
  severalValues,
  something,
  threeDurations,
} from "../../command-line/flags.ts";
import { readPassword } from "../../session/io/password.ts";
import { fleetOptions, type ServeFlags } from "../fleet-options.ts";
import { watchParents } from "./parents.ts";
import { buildWebPage } from "./web-page.ts";

const HELP_TEXT = `
The password (15 characters or more) of --admin-password-file, or of NEVERSTALE_ADMIN_PASSWORD, is given to the user
admin as long as admin has none. Without it the first start prints a one-time sign-in link.

With --store each server is a node: all serve, one decides at a time, and another goes on when that one dies. A password that
the URL needs is best given by NEVERSTALE_STORE: others on the machine can read the flags of a process.

SIGHUP has fleet.yaml and the certificate read again. A file that is wrong changes nothing, and the log says what is wrong with
it. A certificate that is renewed is taken within ten seconds without any signal.

Where others can reach it, it speaks TLS: by --tls-cert and --tls-key, or by a proxy on this machine. --insecure-http allows plain
HTTP on a network on which only such a proxy can reach it.

Standard output has the address that it listens on, and the link. Standard error has logs as JSON lines. SIGTERM and SIGINT
end it within 5 s, with status 0. Status 1 means that it could not start, or that the disk failed.

Examples:
  neverstale serve
  neverstale serve --port 0 --data-dir /var/lib/neverstale --no-local-agent
  neverstale serve --backup-dir /mnt/backups/fleet --backup-every 6h --backup-keep 28
  neverstale serve --host 0.0.0.0 --port 443 --tls-cert fullchain.pem --tls-key privkey.pem --allowed-origin https://fleet.example.org
  neverstale serve --allowed-origin https://fleet.example.org --trusted-proxy 127.0.0.1    (behind a TLS proxy on this machine)
  neverstale serve --store postgres://fleet@db.example.org/fleet --host 10.0.0.5 --node-address http://10.0.0.5:8080 \\
    --insecure-http --allowed-origin https://fleet.example.org --trusted-proxy 10.0.0.2    (one of several nodes)`;

export const addServe: AddCommand = (root, end) => {
  root
    .command("serve")
    .description("run the server, and an agent for this machine")
    .addOption(portOption())
    .addOption(
      new Option("--host <address>", "the address that it listens on")
        .env("NEVERSTALE_HOST")
        .default("127.0.0.1")
        .argParser(listenAddress),
    )
    .addOption(dataDirOption())
    .addOption(
      new Option("--beacon-interval <duration>", "how often each dashboard hears that it is up to date")
        .env("NEVERSTALE_SYNC_BEACON_INTERVAL")
        .default(30_000, "30s")
        .argParser(durationBetween(100, 3_600_000, "100ms to 1h")),
    )
    .addOption(
      new Option("--init-event-limit <number>", "how many events the live state holds")
        .env("NEVERSTALE_INIT_EVENT_LIMIT")
        .default(100)
        .argParser(integerBetween(1, 10_000)),
    )
    .addOption(
      new Option("--keep-metrics <durations>", "how long metrics are kept that are 10s, 1m and 10m apart")
        .env("NEVERSTALE_KEEP_METRICS")
        .default([3_600_000, 86_400_000, 30 * 86_400_000], "1h,1d,30d")
        .argParser(threeDurations),
    )
    .addOption(
      new Option("--keep-audit <duration>", "how long audit events are kept; the newest 10,000 stay in any case")
        .env("NEVERSTALE_KEEP_AUDIT")
        .default(400 * 86_400_000, "400d")
        .argParser(durationBetween(86_400_000, 36_500 * 86_400_000, "1d to 36500d")),
    )
    .addOption(
      new Option("--keep-log <duration>", "how long changes are kept: so far back the fleet can be shown as it was")
        .env("NEVERSTALE_KEEP_LOG")
        .default(86_400_000, "24h")
        .argParser(durationBetween(600_000, 30 * 86_400_000, "10m to 30d")),
    )
    .addOption(
      new Option("--keep-log-size <MiB>", "the most that these changes take; the oldest go before their time then")
        .env("NEVERSTALE_KEEP_LOG_SIZE")
        .default(512)
        .argParser(integerBetween(16, 65_536)),
    )
    .option("--no-local-agent", "run no agent for this machine (env: NEVERSTALE_NO_LOCAL_AGENT)")
    .addOption(
      new Option("--allowed-origin <origin...>", "where browsers may come from; default: the address it listens on")
        .env("NEVERSTALE_ALLOWED_ORIGINS")
        .argParser(severalValues),
    )
    .addOption(
      new Option("--trusted-proxy <address...>", "proxies, or ranges of them, whose X-Forwarded-For is believed")
        .env("NEVERSTALE_TRUSTED_PROXIES")
        .argParser(severalValues),
    )
    .addOption(
      new Option("--tls-cert <file>", "the certificate with its chain (PEM): https and wss, and nothing else").env(
        "NEVERSTALE_TLS_CERT",
      ),
    )
    .addOption(new Option("--tls-key <file>", "the key of the certificate (PEM)").env("NEVERSTALE_TLS_KEY"))
    .option(
      "--insecure-http",
      "let others reach it by plain HTTP: only where a proxy takes TLS away (env: NEVERSTALE_INSECURE_HTTP)",
    )
    .addOption(
      new Option(
        "--proxy-user-header <name>",
        "a header such as X-Remote-User in which a trusted proxy names whom it has signed in; default: none is believed",
      )
        .env("NEVERSTALE_PROXY_USER_HEADER")
        .argParser(something),
    )
    .addOption(
      new Option(
        "--secret-key-file <file>",
        "the key with which the server signs, the same for all nodes; default: one in the data directory",
      ).env("NEVERSTALE_SECRET_KEY_FILE"),
    )
    .addOption(
      new Option(
        "--fleet-file <file>",
        "what ops mean here, and which pipelines there are; default: fleet.yaml in the data directory, if there is one",
      ).env("NEVERSTALE_FLEET_FILE"),
    )
    .addOption(
      new Option("--base-path <path>", "what follows the host in the addresses of browsers, such as /fleet")
        .env("NEVERSTALE_BASE_PATH")
        .default("/"),
    )
    .addOption(
      new Option(
        "--store <url>",
        "postgres://user@host/database, which several nodes share; default: a file in the data directory",
      )
        .env("NEVERSTALE_STORE")
        .argParser(something),
    )
    .addOption(
      new Option(
        "--node-address <address>",
        "where the other nodes reach this one; default: where it listens, on loopback alone",
      )
        .env("NEVERSTALE_NODE_ADDRESS")
        .argParser(something),
    )
    .option("--admin-password-file <file>", "the file that holds the password of admin; else NEVERSTALE_ADMIN_PASSWORD")
    .addOption(
      new Option("--backup-dir <directory>", "make backups there, beside all else; default: none")
        .env("NEVERSTALE_BACKUP_DIR")
        .argParser(something),
    )
    .addOption(
      new Option("--backup-every <duration>", "how often a backup is made")
        .env("NEVERSTALE_BACKUP_EVERY")
        .default(86_400_000, "24h")
        .argParser(durationBetween(60_000, 30 * 86_400_000, "1m to 30d")),
    )
    .addOption(
      new Option("--backup-keep <number>", "how many of the newest backups are kept")
        .env("NEVERSTALE_BACKUP_KEEP")
        .default(7)
        .argParser(integerBetween(1, 1_000)),
    )
    .option("--accept-lost-log", "start although the database's -wal file is gone, and the newest changes with it")
    .addHelpText("after", HELP_TEXT)
    .action(async (flags: ServeFlags) => {
      await serve(flags);
      end.status = null;
    });
};

async function serve(flags: ServeFlags): Promise<void> {
  watchParents(process.env, endThisProcess);
  delete process.env.NEVERSTALE_STORE; // It may hold a password, and commands of the agent are started from here.
  const options = fleetOptions(flags, process.env, adminPasswordOf(flags.adminPasswordFile, process.env));
  const { checkSettings, runFleet } = await import("@neverstale/fleet-server"); // The other commands start fast.
  checkSettings(options); // This comes before the page is built, which takes a while.
  await buildWebPage((line) => process.stderr.write(`${line}\n`));
  await runFleet(options);
}

/** The process ends as by a signal. Where the system has no signals the same handler is called. */
function endThisProcess(): void {
  if (!process.emit("SIGTERM", "SIGTERM")) process.exit(EXIT.no);
}

/** The password is removed from the environment: no process that is started from here is given it. */
function adminPasswordOf(file: string | undefined, env: NodeJS.ProcessEnv): string | undefined {
  const { NEVERSTALE_ADMIN_PASSWORD: given } = env;
  delete env.NEVERSTALE_ADMIN_PASSWORD;
  return file === undefined ? given : readPassword(file, EXIT.no);
}
