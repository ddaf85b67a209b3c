/** The settings of an agent come from its flags, and from its environment where a flag is missing. */

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import type { Millis } from "@neverstale/base";
import { parseDuration } from "@neverstale/fleet-domain/quantity";
import type { ServerTrust } from "../connection/io/server-trust.ts";

/** The first word says what is to be done. Without one the agent runs. */
const ACTIONS = ["run", "install", "upgrade", "uninstall"] as const;
export type AgentAction = (typeof ACTIONS)[number];

/** The word `agent` may come first, as in `neverstale agent run`. */
export function actionIn(argv: readonly string[]): { readonly action: AgentAction; readonly flags: readonly string[] } {
  const [first, ...others] = argv[0] === "agent" ? argv.slice(1) : argv;
  const action = ACTIONS.find((each) => each === first);
  if (action !== undefined) return { action, flags: others };
  return { action: "run", flags: first === undefined ? [] : [first, ...others] };
}

export interface Settings {
  readonly server: URL;
  readonly allowHttp: boolean;
  readonly dataDir: string;
  readonly token: string | null;
  readonly tokenFile: string | null;
  readonly config: string | null;
  readonly trust: ServerTrust;
}

/** These are for installing, upgrading and uninstalling. Their flags have no variables, since a person gives them once. */
export interface ServiceSettings {
  /** All files are put below this folder: `/`, unless an image or a test is made. */
  readonly root: string;
  readonly user: string;
  readonly useService: boolean;
  /** This file is the package. Its hash was checked. */
  readonly packageFile: string | null;
  /** The server's package is taken only when it has this hash. */
  readonly sha256: string | null;
  readonly purge: boolean;
  /** A started agent has this time to report. */
  readonly waitMs: Millis;
}

export function readServiceSettings(flags: ReturnType<typeof parseFlags>): ServiceSettings {
  const { sha256 = null } = flags;
  if (flags["data-dir"] !== undefined) throw new UsageError("an agent that is installed has its data at a fixed place");
  if (flags.certificate !== undefined) throw new UsageError("--certificate is for neverstale agent run");
  if (sha256 !== null && !/^[0-9a-f]{64}$/i.test(sha256)) throw new UsageError(`--sha256 ${sha256} is no hash`);
  return {
    root: resolve(flags.root ?? "/"),
    user: flags.user ?? (process.platform === "darwin" ? (process.env.SUDO_USER ?? "nobody") : "neverstale"),
    useService: flags["no-service"] !== true,
    packageFile: flags.package ?? null,
    sha256: sha256?.toLowerCase() ?? null,
    purge: flags.purge === true,
    waitMs: waitOf(flags.wait ?? "60s"),
  };
}

function waitOf(text: string): Millis {
  const ms = parseDuration(text);
  if (ms === null) throw new UsageError(`--wait ${text} is no duration, such as 90s`);
  return ms;
}

/** A flag or a file is wrong. The message says which. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

export function parseFlags(argv: readonly string[]) {
  try {
    return parseArgs({ args: [...argv], options: FLAGS, strict: true }).values;
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : error}\nSee neverstale agent --help`);
  }
}

export function readSettings(flags: ReturnType<typeof parseFlags>, env: NodeJS.ProcessEnv): Settings {
  const allowHttp = flags["allow-http"] === true;
  const server = serverUrl(flags.server ?? env.NEVERSTALE_SERVER ?? "http://127.0.0.1:8080", allowHttp);
  const ca = flags["ca-file"] ?? flags.ca ?? env.NEVERSTALE_CA ?? null;
  return {
    server,
    allowHttp,
    dataDir: resolve(flags["data-dir"] ?? env.NEVERSTALE_AGENT_DATA_DIR ?? "./agent-data"),
    token: flags["enroll-token"] ?? null,
    tokenFile: flags["enroll-token-file"] ?? env.NEVERSTALE_ENROLL_TOKEN_FILE ?? null,
    config: flags.config ?? env.NEVERSTALE_AGENT_CONFIG ?? null,
    trust: { ca: ca === null ? null : readPem(ca), certificate: flags.certificate ?? null },
  };
}

/** The credential is sent there. It goes unencrypted only to this very machine, unless the flag allows it (C39). */
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

function readPem(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new UsageError(`--ca-file: ${error instanceof Error ? error.message : error}`);
  }
}

export const HELP = `neverstale agent: runs on a host what that host's agent.yaml allows, and reports it

  run                          run until it is stopped; this is also meant without a word
  install                      put the agent on this host, enrol it, and have the system start it, now and at each start:
                               by systemd as a user of its own, or by launchd on macOS. Without either it runs at once, in
                               the foreground. It takes the flags of run but --data-dir, and these:
    --sha256 HASH              fetch the server's package, which must have this hash; the page and token create show it
    --package FILE             install this package instead, whose hash you have checked
    --user NAME                the user that it runs as; it is made when there is none     neverstale
    --wait DURATION            how long a started agent may take to report                60s
    --no-service               run it at once in the foreground, and have nothing started by the system
  upgrade                      put the server's agent in the place of this one, and start it. Without --sha256 HASH it only
                               says which one the server has: compare its hash with what you trust, then give it. When the
                               new one doesn't report within --wait (60s), the one from before is started again.
  uninstall                    end it and take it off this host; --purge also takes its data and its agent.yaml
  All of them take --root DIR: all files are put below it.

  --server URL                 where the server is            NEVERSTALE_SERVER             http://127.0.0.1:8080
  --data-dir DIR               journal, output, credential    NEVERSTALE_AGENT_DATA_DIR     ./agent-data
  --enroll-token TOKEN         a one-use token of an hour: only a first start needs one
  --enroll-token-file FILE     holds that token instead       NEVERSTALE_ENROLL_TOKEN_FILE
  --config FILE                the host's agent.yaml          NEVERSTALE_AGENT_CONFIG       DIR/agent.yaml, else the shipped one
  --ca-file FILE               PEM of the authority to trust  NEVERSTALE_CA                 the system's
                               instead of the system's; --ca means the same
  --certificate FILE           for run: PEM of the one certificate that the server must show, whatever its name; it is read
                               again when it is renewed
  --allow-http                 send the credential unencrypted to a server that isn't this machine
  --version, --help

Logs are JSON lines on standard error. agent.yaml is read again when it has changed. When it is wrong, or other users may write
it, the log and the host's check agent-file say so with the line, and what was read before still counts. Nothing may run when
nothing was read before. SIGTERM ends the agent, but not what it has started: commands
go on and are reported after the next start (systemd: KillMode=process).

Disk: an op's output_cap bounds what it may write, and only one op runs at a time. Output that the server has is kept for 24 h
at most and 256 MiB in all, and the oldest goes first. On a full disk nothing starts: commands wait, and expire at the server.
A command that runs goes on. Its output is cut where the disk was full, and says so.

Exit status: 0 means stopped, 1 failed, 2 wrong flags or files, 3 that another agent has the data directory, and 4 that the
server accepts neither credential nor token.

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
  "ca-file": { type: "string" },
  certificate: { type: "string" },
  "allow-http": { type: "boolean" },
  root: { type: "string" },
  user: { type: "string" },
  package: { type: "string" },
  sha256: { type: "string" },
  "no-service": { type: "boolean" },
  purge: { type: "boolean" },
  wait: { type: "string" },
  version: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;
