/** The agent's program runs until it is stopped, and ends with a status that says why. */

import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { lockFile } from "@neverstale/base/node";
import { type Logger, pino } from "pino";
import { checkDirectory, hostDirectory } from "../commands/io/command-files.ts";
import { Journal } from "../commands/io/journal.ts";
import { CredentialKeeper } from "../connection/io/credential-keeper.ts";
import {
  type Credential,
  enrollThisHost,
  isUsed,
  keepCredential,
  readCredential,
  readToken,
} from "../connection/io/enrollment.ts";
import { followAssignments } from "../connection/io/follow-assignments.ts";
import { ServerApi } from "../connection/io/server-api.ts";
import { trustInProcess } from "../connection/io/server-trust.ts";
import { makePrivateDirectory } from "../machine/io/durable-files.ts";
import { machineFacts } from "../machine/io/facts.ts";
import { Gauges } from "../machine/io/gauges.ts";
import { HostFile } from "../policy/io/host-file.ts";
import { lookUpUser } from "../policy/io/users.ts";
import { noteFirstReport } from "../service/io/first-report.ts";
import { installAgent } from "../service/io/install.ts";
import { uninstallAgent } from "../service/io/uninstall.ts";
import { upgradeAgent } from "../service/io/upgrade.ts";
import { Agent, type AgentEnd } from "./agent.ts";
import {
  actionIn,
  HELP,
  parseFlags,
  readServiceSettings,
  readSettings,
  type ServiceSettings,
  type Settings,
  UsageError,
} from "./settings.ts";
import { AGENT_VERSION, PLACES, PROGRAM_FOLDER, SHIPPED_AGENT_FILE } from "./shipped.ts";

/** The agent's process ends with one of these. */
export const EXIT_CODES = {
  /** SIGTERM or SIGINT ended the agent. What runs goes on and is reported after the next start. */
  stopped: 0,
  failed: 1,
  /** A flag or a file is wrong: starting it again changes nothing. */
  usage: 2,
  /** Another agent works with this data directory. */
  locked: 3,
  /** The server accepts neither the credential nor a token: enrol this host again. */
  notAccepted: 4,
} as const;

const EXIT_NAMES = ["stopped", "failed", "usage", "locked", "notAccepted"] as const;

/**
 * Runs an agent until it is stopped, then ends this process with one of `EXIT_CODES`. `argv` holds the flags alone. Without it
 * they are those of this process.
 */
export async function runAgent(
  argv: readonly string[] = process.argv.slice(2),
  env: NodeJS.ProcessEnv = process.env,
): Promise<never> {
  const log = pino({ base: { part: "agent", pid: process.pid } }, pino.destination({ fd: 2, sync: true }));
  try {
    process.exit(EXIT_CODES[await run(argv, env, log)]);
  } catch (error) {
    const isUsage = error instanceof UsageError;
    if (isUsage) process.stderr.write(`neverstale agent: ${error.message}\n`);
    else log.fatal({ err: error }, "failed");
    process.exit(isUsage ? EXIT_CODES.usage : EXIT_CODES.failed);
  }
}

async function run(argv: readonly string[], env: NodeJS.ProcessEnv, log: Logger): Promise<keyof typeof EXIT_CODES> {
  const { action, flags: given } = actionIn(argv);
  const flags = parseFlags(given);
  if (flags.help === true) return print(HELP);
  if (flags.version === true) return print(`${AGENT_VERSION}\n`);
  if (action !== "run") {
    process.umask(0o022); // Root installs it, and the agent's user reads it.
    return await changeInstallation(action, readSettings(flags, env), readServiceSettings(flags));
  }
  process.umask(0o077);
  const settings = readSettings(flags, env);
  openDataDirectory(settings.dataDir);
  const lock = lockFile(join(settings.dataDir, "lock.db"));
  if ("heldBy" in lock) {
    log.error({ dataDir: settings.dataDir }, "another agent works with this data directory");
    return "locked";
  }
  const places = { named: settings.config, dataDir: settings.dataDir, shipped: SHIPPED_AGENT_FILE };
  const hostFile = new HostFile(places, { places: PLACES, lookUpUser });
  const { path: agentFile, problem } = hostFile;
  if (problem !== null)
    log.error({ agentFile, problem }, "agent.yaml can't be used: nothing may run until it is right");
  trustInProcess(settings.trust);
  const api = new ServerApi(settings.server, settings.trust);
  try {
    return await serve(settings, hostFile, api, log);
  } finally {
    api.close();
    lock.release();
  }
}

async function changeInstallation(
  action: "install" | "upgrade" | "uninstall",
  settings: Settings,
  asked: ServiceSettings,
): Promise<keyof typeof EXIT_CODES> {
  const say = (line: string) => process.stderr.write(`neverstale: ${line}\n`);
  const change = {
    install: () => installAgent(settings, asked, say),
    upgrade: () => upgradeAgent(asked, say),
    uninstall: () => uninstallAgent(asked, say),
  };
  const outcome = await change[action]();
  switch (outcome.type) {
    case "done":
      return "stopped";
    case "failed":
      return "failed";
    case "not_accepted":
      return "notAccepted";
    case "run_here":
      return await runHere(outcome.command);
  }
}

/** Runs the installed program in this one's place. It is told what this one is told by signals. */
async function runHere([program = "", ...args]: readonly string[]): Promise<keyof typeof EXIT_CODES> {
  const child = spawn(program, args, { stdio: "inherit" });
  const pass = (signal: NodeJS.Signals) => child.kill(signal);
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, pass);
  const [code] = await once(child, "exit");
  const [name] = Object.entries(EXIT_CODES).find(([, status]) => status === code) ?? [];
  return EXIT_NAMES.find((each) => each === name) ?? "failed";
}

/**
 * A credential that the server refuses right at the start is replaced when there is a new token. One that is refused later was
 * taken back.
 */
async function serve(
  settings: Settings,
  hostFile: HostFile,
  api: ServerApi,
  log: Logger,
): Promise<"stopped" | "notAccepted"> {
  let credential = readCredential(settings.dataDir) ?? (await enrollAnew(settings, null, api, log));
  while (credential !== null) {
    const end = await work(settings, credential, hostFile, api, log);
    if (end === "stopped") return "stopped";
    log.error({ hostId: credential.hostId }, "the server doesn't accept this host's credential");
    credential = end === "revoked" ? null : await enrollAnew(settings, credential, api, log);
  }
  return "notAccepted";
}

async function enrollAnew(
  { dataDir, token: given, tokenFile }: Settings,
  before: Credential | null,
  api: ServerApi,
  log: Logger,
): Promise<Credential | null> {
  const token = given ?? readToken(tokenFile);
  if (token === null || (before !== null && isUsed(token, before))) {
    log.error(
      "this host isn't enrolled: make a token with neverstale token create, and give it with --enroll-token or --enroll-token-file",
    );
    return null;
  }
  api.credential = null;
  return await enrollThisHost({ dataDir, token, facts: machineFacts(AGENT_VERSION), api, log });
}

async function work(
  settings: Settings,
  kept: Credential,
  hostFile: HostFile,
  api: ServerApi,
  log: Logger,
): Promise<AgentEnd> {
  const { hostId } = kept;
  const credential = new CredentialKeeper(kept, { keep: (next) => keepCredential(settings.dataDir, next), api, log });
  const onUnreadable = (file: string, error: unknown) => log.error({ file, err: error }, "journal entry can't be read");
  const journal = new Journal(hostDirectory(settings.dataDir, hostId), onUnreadable);
  const checkBook = new Journal(checkDirectory(settings.dataDir, hostId), onUnreadable);
  const { server, trust } = settings;
  const replica = followAssignments({
    server,
    credential: () => credential.credential,
    trust,
    onChange: () => agent.look(),
  });
  const facts = () => machineFacts(AGENT_VERSION);
  const gauges = new Gauges();
  const report = { pid: process.pid, version: AGENT_VERSION, program: PROGRAM_FOLDER };
  const onAccepted = () => noteFirstReport(settings.dataDir, report);
  const agent = new Agent({
    api,
    credential,
    journal,
    checkBook,
    hostFile,
    replica,
    log,
    facts,
    gauges,
    heartbeatMs: HEARTBEAT_MS,
    onAccepted,
  });
  const stop = () => agent.stop("stopped");
  const reload = () => agent.reload();
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, stop);
  process.on("SIGHUP", reload);
  const looks = setInterval(() => {
    if (hostFile.hasChanged()) reload();
  }, LOOK_AT_FILE_MS);
  log.info({ hostId, server: server.href, agentFile: hostFile.path, version: AGENT_VERSION }, "working");
  try {
    return await agent.run();
  } finally {
    replica.close();
    clearInterval(looks);
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.off(signal, stop);
    process.off("SIGHUP", reload);
  }
}

const HEARTBEAT_MS = 1_500;
const LOOK_AT_FILE_MS = 2_000;

function openDataDirectory(path: string): void {
  if (process.platform === "win32") throw new UsageError("the agent runs on Linux and macOS");
  try {
    makePrivateDirectory(path);
  } catch (error) {
    throw new UsageError(`--data-dir: ${error instanceof Error ? error.message : error}`);
  }
}

function print(text: string): "stopped" {
  process.stdout.write(text);
  return "stopped";
}
