import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { type Logger, pino } from "pino";
import { hostDirectory } from "../commands/io/command-files.ts";
import { followAssignments } from "../commands/io/follow-assignments.ts";
import { Journal } from "../commands/io/journal.ts";
import { AgentFileError } from "../policy/agent-file.ts";
import { privateDirectory } from "../policy/io/files.ts";
import { HostFile } from "../policy/io/host-file.ts";
import { Agent, type AgentEnd } from "./agent.ts";
import { lockDataDirectory } from "./data-lock.ts";
import { type Credential, enroll, isUsed, readCredential, readToken } from "./enrollment.ts";
import { ServerApi } from "./server-api.ts";
import { AGENT_VERSION } from "./version.ts";

/** How the agent's process ends. */
export const EXIT_CODES = {
  /** SIGTERM or SIGINT. What runs goes on and is reported after the next start. */
  stopped: 0,
  failed: 1,
  /** A flag, a file or agent.yaml is wrong: starting it again changes nothing. */
  usage: 2,
  /** Another agent works with this data directory. */
  locked: 3,
  /** The server accepts neither the credential nor a token: enrol this host again. */
  notAccepted: 4,
} as const;

export const HELP = `neverstale agent: runs on a host what that host's agent.yaml allows, and reports it

  --server URL                 where the server is            NEVERSTALE_SERVER             http://127.0.0.1:8080
  --data-dir DIR               journal, output, credential    NEVERSTALE_AGENT_DATA_DIR     ./agent-data
  --enroll-token TOKEN         a one-use token of an hour: only a first start needs one
  --enroll-token-file FILE     holds that token instead       NEVERSTALE_ENROLL_TOKEN_FILE
  --config FILE                the host's agent.yaml          NEVERSTALE_AGENT_CONFIG       DIR/agent.yaml, else the shipped one
  --ca FILE                    PEM of the authority to trust  NEVERSTALE_CA                 the system's
                               instead of the system's
  --allow-http                 send the credential unencrypted to a server that isn't this machine
  --version, --help

Logs are JSON lines on standard error. SIGHUP reads agent.yaml again; one that is wrong, or that other users may write,
is said in the log and at the host, and what was read before still counts. SIGTERM ends the agent, not what it has started:
commands go on and are reported after the next start (systemd: KillMode=process).

Disk: an op's output_cap bounds what it may write, and only one op runs at a time. Output that the server has is kept for
24 h at most and 256 MiB in all, oldest first to go. A full disk starts nothing: commands wait, and expire at the server;
what runs goes on, its output is cut where the disk was full, and says so.

Exit status: 0 stopped, 1 failed, 2 wrong flags or files, 3 another agent has the data directory,
4 the server accepts neither credential nor token.

Example
  neverstale agent --server https://fleet.example.org --data-dir /var/lib/neverstale --enroll-token TOKEN
`;

const FLAGS = {
  server: { type: "string" },
  "data-dir": { type: "string" },
  "enroll-token": { type: "string" },
  "enroll-token-file": { type: "string" },
  config: { type: "string" },
  ca: { type: "string" },
  "allow-http": { type: "boolean" },
  version: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

interface Settings {
  readonly server: URL;
  readonly dataDir: string;
  readonly token: string | null;
  readonly tokenFile: string | null;
  readonly config: string | null;
  readonly ca: string | null;
}

class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Runs an agent until it is stopped, then ends this process with one of `EXIT_CODES`. */
export async function runAgent(argv: readonly string[], env: NodeJS.ProcessEnv): Promise<never> {
  process.umask(0o077);
  const log = pino({ base: { part: "agent", pid: process.pid } }, pino.destination({ fd: 2, sync: true }));
  try {
    process.exit(EXIT_CODES[await run(argv, env, log)]);
  } catch (error) {
    const isUsage = error instanceof UsageError || error instanceof AgentFileError;
    if (isUsage) process.stderr.write(`neverstale agent: ${error.message}\n`);
    else log.fatal({ err: error }, "failed");
    process.exit(isUsage ? EXIT_CODES.usage : EXIT_CODES.failed);
  }
}

async function run(argv: readonly string[], env: NodeJS.ProcessEnv, log: Logger): Promise<keyof typeof EXIT_CODES> {
  const flags = parseFlags(argv);
  if (flags.help === true) return print(HELP);
  if (flags.version === true) return print(`${AGENT_VERSION}\n`);
  const settings = settingsFrom(flags, env);
  openDataDirectory(settings.dataDir);
  const lock = lockDataDirectory(settings.dataDir);
  if (lock === null) {
    log.error({ dataDir: settings.dataDir }, "another agent works with this data directory");
    return "locked";
  }
  const hostFile = new HostFile(settings.config, settings.dataDir);
  const api = new ServerApi(settings.server, settings.ca);
  try {
    return await serve(settings, hostFile, api, log);
  } finally {
    api.close();
    lock.release();
  }
}

/** A credential that the server refuses right at the start is replaced when there is a new token; one refused later was taken back. */
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
  settings: Settings,
  before: Credential | null,
  api: ServerApi,
  log: Logger,
): Promise<Credential | null> {
  const token = settings.token ?? readToken(settings.tokenFile);
  if (token === null || (before !== null && isUsed(token, before))) {
    log.error(
      "this host isn't enrolled: make a token with neverstale token create, and give it with --enroll-token or --enroll-token-file",
    );
    return null;
  }
  api.credential = null;
  return await enroll(settings.dataDir, token, api, log);
}

async function work(
  settings: Settings,
  { hostId, credential }: Credential,
  hostFile: HostFile,
  api: ServerApi,
  log: Logger,
): Promise<AgentEnd> {
  api.credential = credential;
  const onUnreadable = (file: string, error: unknown) => log.error({ file, err: error }, "journal entry can't be read");
  const journal = new Journal(hostDirectory(settings.dataDir, hostId), onUnreadable);
  const { server, ca } = settings;
  const follower = followAssignments({ server, credential, ca, onChange: () => agent.look() });
  const agent = new Agent({ api, journal, hostFile, follower, log });
  const stop = () => agent.stop("stopped");
  const reload = () => agent.reload();
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, stop);
  process.on("SIGHUP", reload);
  log.info({ hostId, server: server.href, agentFile: hostFile.path, version: AGENT_VERSION }, "working");
  try {
    return await agent.run();
  } finally {
    follower.close();
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.off(signal, stop);
    process.off("SIGHUP", reload);
  }
}

function parseFlags(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: FLAGS, strict: true }).values;
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : error}\nSee neverstale agent --help`);
  }
}

function settingsFrom(flags: ReturnType<typeof parseFlags>, env: NodeJS.ProcessEnv): Settings {
  const server = serverUrl(
    flags.server ?? env.NEVERSTALE_SERVER ?? "http://127.0.0.1:8080",
    flags["allow-http"] === true,
  );
  const ca = flags.ca ?? env.NEVERSTALE_CA ?? null;
  return {
    server,
    dataDir: resolve(flags["data-dir"] ?? env.NEVERSTALE_AGENT_DATA_DIR ?? "./agent-data"),
    token: flags["enroll-token"] ?? null,
    tokenFile: flags["enroll-token-file"] ?? env.NEVERSTALE_ENROLL_TOKEN_FILE ?? null,
    config: flags.config ?? env.NEVERSTALE_AGENT_CONFIG ?? null,
    ca: ca === null ? null : readPem(ca),
  };
}

/** The credential goes there: unencrypted only to this very machine, unless it was allowed (C39). */
function serverUrl(text: string, allowHttp: boolean): URL {
  const url = URL.parse(text.endsWith("/") ? text : `${text}/`);
  if (url === null || !/^https?:$/.test(url.protocol))
    throw new UsageError(`--server ${text} is no http or https address`);
  const isLocal = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname);
  if (url.protocol === "http:" && !isLocal && !allowHttp) {
    throw new UsageError(
      `--server ${text} would send this host's credential unencrypted. Use https, or --allow-http on a network you trust.`,
    );
  }
  return url;
}

function openDataDirectory(path: string): void {
  if (process.platform === "win32") throw new UsageError("the agent runs on Linux and macOS");
  try {
    privateDirectory(path);
  } catch (error) {
    throw new UsageError(`--data-dir: ${error instanceof Error ? error.message : error}`);
  }
}

function readPem(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new UsageError(`--ca: ${error instanceof Error ? error.message : error}`);
  }
}

function print(text: string): "stopped" {
  process.stdout.write(text);
  return "stopped";
}
