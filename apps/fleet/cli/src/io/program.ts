import { parseDuration } from "@neverstale/fleet-agent/quantity";
import type { FleetOptions } from "@neverstale/fleet-server";
import { Command, CommanderError, InvalidArgumentError, Option } from "commander";
import { EXIT, explain, Failure } from "../failure.ts";
import { verdictExit, verdictLines } from "../verdict.ts";
import { dispatch } from "./dispatch.ts";
import { interruptible } from "./interrupt.ts";
import { watchParents } from "./parents.ts";
import { readPassword } from "./password.ts";
import { Session, type SignInOptions } from "./session.ts";
import { createToken } from "./token.ts";
import { verify } from "./verify.ts";
import { VERSION } from "./version.ts";
import { watch } from "./watch.ts";
import { buildWebPage } from "./web-page.ts";

/** Runs the command line; resolves with the exit status, or null where a server goes on running. */
export async function runCli(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<number | null> {
  dropEmpty(env);
  if (argv[0] === "agent") return await (await import("@neverstale/fleet-agent")).runAgent(argv.slice(1), env);
  const end: { status: number | null } = { status: EXIT.ok };
  try {
    await program(end).parseAsync([...argv], { from: "user" });
    return end.status;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.cannotTell;
    process.stderr.write(`neverstale: ${explain(error)}\n`);
    return error instanceof Failure ? error.exitCode : EXIT.no;
  }
}

/** An empty variable is one that isn't set: whoever starts this from a file of settings writes it so. */
function dropEmpty(env: NodeJS.ProcessEnv): void {
  for (const [name, value] of Object.entries(env)) if (name.startsWith("NEVERSTALE_") && value === "") delete env[name];
}

interface End {
  status: number | null;
}

function program(end: End): Command {
  const root = new Command("neverstale")
    .description("a dashboard of your machines that is never stale")
    .version(VERSION)
    .exitOverride()
    .showHelpAfterError("(add --help for what there is)")
    .addHelpText(
      "after",
      "\nExit status: 0 done, 1 it was not so (see the command's help), 2 it could not be told or was asked wrongly.",
    );
  for (const add of [addServe, addAgent, addWatch, addDispatch, addVerify, addToken, addBackup, addRestore, addAdmin])
    add(root, end);
  return root;
}

interface ServeFlags {
  readonly port: number;
  readonly host: string;
  readonly dataDir: string;
  readonly beaconInterval: number;
  readonly initEventLimit: number;
  readonly localAgent: boolean;
  readonly allowedOrigin?: readonly string[];
  readonly trustedProxy?: readonly string[];
  readonly adminPasswordFile?: string;
  readonly basePath: string;
  readonly acceptLostLog?: boolean;
}

function addServe(root: Command, end: End): void {
  root
    .command("serve")
    .description("run the server, and an agent for this machine")
    .addOption(
      new Option("--port <number>", "0: a free one, which is printed")
        .env("NEVERSTALE_PORT")
        .default(8080)
        .argParser(integer(0, 65_535)),
    )
    .addOption(
      new Option("--host <address>", "where it listens").env("NEVERSTALE_HOST").default("127.0.0.1").argParser(address),
    )
    .addOption(dataDirOption())
    .addOption(
      new Option("--beacon-interval <duration>", "how often each dashboard hears that it is up to date")
        .env("NEVERSTALE_SYNC_BEACON_INTERVAL")
        .default(30_000, "30s")
        .argParser(duration(100, 3_600_000, "100ms to 1h")),
    )
    .addOption(
      new Option("--init-event-limit <number>", "events in the live state")
        .env("NEVERSTALE_INIT_EVENT_LIMIT")
        .default(100)
        .argParser(integer(1, 10_000)),
    )
    .option("--no-local-agent", "no agent for this machine (env: NEVERSTALE_NO_LOCAL_AGENT)")
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
      new Option("--base-path <path>", "behind the host in the addresses of browsers, as in /fleet")
        .env("NEVERSTALE_BASE_PATH")
        .default("/"),
    )
    .option("--admin-password-file <file>", "holds the password of admin; else NEVERSTALE_ADMIN_PASSWORD")
    .option("--accept-lost-log", "start though the database's -wal file is gone, and the newest changes with it")
    .addHelpText("after", SERVE_HELP)
    .action(async (flags: ServeFlags) => {
      watchParents(process.env, endThisProcess);
      const options = fleetOptions(flags, process.env);
      const { checkSettings, runFleet } = await import("@neverstale/fleet-server"); // The other commands start fast.
      checkSettings(options); // Before the page is built: that takes a while.
      await buildWebPage((line) => process.stderr.write(`${line}\n`));
      await runFleet(options);
      end.status = null;
    });
}

/** As a signal would; where the system has none the same handler is called. */
function endThisProcess(): void {
  if (!process.emit("SIGTERM", "SIGTERM")) process.exit(EXIT.no);
}

function fleetOptions(flags: ServeFlags, env: NodeJS.ProcessEnv): FleetOptions {
  const { port, host, dataDir, beaconInterval, initEventLimit, allowedOrigin, trustedProxy } = flags;
  const adminPassword = adminPasswordOf(flags.adminPasswordFile, env);
  return {
    port,
    host,
    dataDir,
    beaconMs: beaconInterval,
    eventLimit: initEventLimit,
    basePath: flags.basePath,
    localAgent: flags.localAgent && !isOn(env.NEVERSTALE_NO_LOCAL_AGENT),
    ...(allowedOrigin !== undefined && { allowedOrigins: allowedOrigin }),
    ...(trustedProxy !== undefined && { trustedProxies: trustedProxy }),
    ...(adminPassword !== undefined && { adminPassword }),
    ...(flags.acceptLostLog === true && { acceptLostLog: true }),
  };
}

const SERVE_HELP = `
The password (15 characters or more) of --admin-password-file, or of NEVERSTALE_ADMIN_PASSWORD, is given to the user
admin as long as admin has none. Without it the first start prints a one-time sign-in link.

Standard output: the address it listens on, and the link. Standard error: logs as JSON lines. SIGTERM and SIGINT end it
within 5 s, status 0. Status 1: it could not start, or the disk failed.

Examples:
  neverstale serve
  neverstale serve --port 0 --data-dir /var/lib/neverstale --no-local-agent
  neverstale serve --host 0.0.0.0 --allowed-origin https://fleet.example.org --trusted-proxy 10.0.0.5    (a TLS proxy)`;

/** Only for the list: the arguments go to the agent as they are. */
function addAgent(root: Command): void {
  root
    .command("agent")
    .description("run on this host what its agent.yaml allows, and report it (neverstale agent --help)")
    .action(async () => {
      process.stdout.write((await import("@neverstale/fleet-agent")).HELP);
    });
}

interface WatchFlags extends SignInOptions {
  readonly json?: boolean;
  readonly plain?: boolean;
}

function addWatch(root: Command, end: End): void {
  withSignIn(root.command("watch").description("print every change as it comes"))
    .option("--json", "one JSON object a line")
    .option("--plain", "over the plain profile: the messages init, delta, sync as they are")
    .addHelpText(
      "after",
      `\nEnds with 0 on Ctrl-C, with 2 when it can't sign in or is signed out.\n\nExamples:\n  neverstale watch --password-file admin.txt\n  neverstale watch --json | jq 'select(.collection == "commands")'`,
    )
    .action(async (flags: WatchFlags) => {
      end.status = await withSession(flags, (session, signal) => watch(session, flags, signal));
    });
}

interface DispatchFlags extends SignInOptions {
  readonly arg?: readonly string[];
  readonly wait: boolean;
}

function addDispatch(root: Command, end: End): void {
  withSignIn(root.command("dispatch").description("run an op on hosts, show its output and wait for its end"))
    .argument("<op>", "what to run; each host's agent.yaml says what it allows")
    .argument("<hosts...>", "names or ids; all: every host")
    .option("--arg <name=value...>", "an argument of the op")
    .option("--no-wait", "print the ids of the commands and end")
    .addHelpText(
      "after",
      "\nStatus: 0 all succeeded, 1 at least one did not, 2 it could not be started, or followed to its end.\n\nExamples:\n  neverstale dispatch uptime all\n  neverstale dispatch stream web-1 web-2 --arg seconds=5",
    )
    .action(async (op: string, hosts: string[], flags: DispatchFlags) => {
      const settings = { op, hosts, args: flags.arg ?? [], wait: flags.wait };
      end.status = await withSession(flags, (session, signal) => dispatch(session, settings, signal));
    });
}

interface TokenFlags extends SignInOptions {
  readonly server?: string;
  readonly ttl: number;
  readonly tag?: readonly string[];
}

function addToken(root: Command, end: End): void {
  const token = root.command("token").description("what another machine enrols with");
  withSignIn(token.command("create").description("make a token, and print the one command to run on the other machine"))
    .option("--server <address>", "where the other machine finds the server; default: --url")
    .addOption(
      new Option("--ttl <duration>", "how long it is good for, at most 1h")
        .default(3_600_000, "1h")
        .argParser(duration(60_000, 3_600_000, "1m to 1h")),
    )
    .option("--tag <tag...>", "tags of the host that enrols with it")
    .addHelpText(
      "after",
      "\nThe token is good for one machine, once. It can do nothing but enrol.\n\nExample:\n  neverstale token create --url https://fleet.example.org --password-file admin.txt --tag prod",
    )
    .action(async (flags: TokenFlags) => {
      const settings = { server: flags.server ?? flags.url, ttlMs: flags.ttl, tags: flags.tag ?? [] };
      await withSession(flags, (session) => createToken(session, settings));
      end.status = EXIT.ok;
    });
}

interface VerifyFlags extends SignInOptions {
  readonly seconds: number;
  readonly json?: boolean;
}

function addVerify(root: Command, end: End): void {
  withSignIn(
    root.command("verify").description("follow a server for a while and prove that what is shown is what it has"),
  )
    .argument("[url]", "the server; same as --url")
    .addOption(new Option("--seconds <number>", "how long to follow").default(10).argParser(integer(0, 86_400)))
    .option("--json", "the result as one JSON object")
    .addHelpText(
      "after",
      "\nStatus: 0 equal, 1 it differs (the records are named), 2 it could not be told.\n\nExamples:\n  neverstale verify http://127.0.0.1:8080\n  neverstale verify --seconds 600 --json",
    )
    .action(async (url: string | undefined, flags: VerifyFlags) => {
      const signIn = url === undefined ? flags : { ...flags, url };
      const verdict = await withSession(signIn, (session, signal) => verify(session, flags, signal));
      process.stdout.write(`${flags.json === true ? JSON.stringify(verdict) : verdictLines(verdict).join("\n")}\n`);
      end.status = verdictExit(verdict);
    });
}

function addBackup(root: Command): void {
  root
    .command("backup")
    .description("write a verified copy of the data, also while the server runs")
    .argument("<file>", "where to; must not exist")
    .addOption(dataDirOption())
    .addHelpText(
      "after",
      "\nThe copy is checked, forced to disk, and only then has its name. It holds password hashes: keep it private.\n\nExample:\n  neverstale backup --data-dir ./data ~/backups/monday.db",
    )
    .action(async (file: string, { dataDir }: { dataDir: string }) =>
      (await import("./backup.ts")).backup(dataDir, file),
    );
}

function addRestore(root: Command): void {
  root
    .command("restore")
    .description("put a backup in the place of the data")
    .argument("<file>", "a file that backup wrote")
    .addOption(dataDirOption())
    .addHelpText(
      "after",
      "\nRefused while a server works on the data. What was there before is kept beside it, under a new name.\nDashboards notice by themselves that history was put back.\n\nExample:\n  neverstale restore --data-dir ./data ~/backups/monday.db",
    )
    .action(async (file: string, { dataDir }: { dataDir: string }) =>
      (await import("./backup.ts")).restore(dataDir, file),
    );
}

function addAdmin(root: Command): void {
  root
    .command("admin")
    .description("a way in for who has lost it, on the server's own machine")
    .command("reset")
    .description("take the password and all sessions of admin away, and print a new one-time sign-in link")
    .addOption(dataDirOption())
    .addHelpText(
      "after",
      "\nWorks while the server runs, within seconds; else the next start does it, and the link waits an hour for it.\n\nExample:\n  neverstale admin reset --data-dir ./data",
    )
    .action(async ({ dataDir }: { dataDir: string }) => (await import("./admin.ts")).reset(dataDir));
}

function withSignIn(command: Command): Command {
  return command
    .addOption(new Option("--url <address>", "the server").env("NEVERSTALE_URL").default("http://127.0.0.1:8080"))
    .addOption(new Option("--user <name>", "who signs in").env("NEVERSTALE_USER").default("admin"))
    .option("--password-file <file>", "holds the password; else NEVERSTALE_PASSWORD, else it is asked for");
}

function dataDirOption(): Option {
  return new Option("--data-dir <directory>", "where the data is")
    .env("NEVERSTALE_DATA_DIR")
    .default("./data")
    .argParser(something);
}

async function withSession<T>(
  options: SignInOptions,
  run: (session: Session, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  return await interruptible(async (signal) => {
    const session = await Session.signIn(options);
    try {
      return await run(session, signal);
    } finally {
      await session.signOut();
    }
  });
}

function integer(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`Expected a whole number from ${min} to ${max}.`);
  };
}

function duration(min: number, max: number, range: string): (text: string) => number {
  return (text) => {
    const ms = parseDuration(text);
    if (ms !== null && ms >= min && ms <= max) return ms;
    throw new InvalidArgumentError(`Expected a duration from ${range}, such as 90s or 5m.`);
  };
}

function something(text: string): string {
  if (text !== "") return text;
  throw new InvalidArgumentError("It is empty.");
}

/** Of IPv6 also as it stands in an address of the web: `[::1]`. */
function address(text: string): string {
  return something(text)
    .toLowerCase()
    .replace(/^\[(.*)\]$/, "$1");
}

/** From the environment several come in one text, separated by commas. */
function severalValues(text: string, before: readonly string[] | undefined): string[] {
  return [
    ...(before ?? []),
    ...text
      .split(",")
      .map((value) => value.trim())
      .filter((value) => value !== ""),
  ];
}

/** Taken out of the environment: no process that is started from here is given it. */
function adminPasswordOf(file: string | undefined, env: NodeJS.ProcessEnv): string | undefined {
  const { NEVERSTALE_ADMIN_PASSWORD: given } = env;
  delete env.NEVERSTALE_ADMIN_PASSWORD;
  return file === undefined ? given : readPassword(file, EXIT.no);
}

function isOn(value: string | undefined): boolean {
  return value !== undefined && !/^(|0|false|no|off)$/i.test(value);
}
