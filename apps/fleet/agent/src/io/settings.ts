/** The settings of an agent come from its flags, and from its environment where a flag is missing. */

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";

export interface Settings {
  readonly server: URL;
  readonly dataDir: string;
  readonly token: string | null;
  readonly tokenFile: string | null;
  readonly config: string | null;
  readonly ca: string | null;
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
    throw new UsageError(`--ca: ${error instanceof Error ? error.message : error}`);
  }
}

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

Logs are JSON lines on standard error. SIGHUP reads agent.yaml again. When the file is wrong, or other users may write it, the
log and the host say so, and what was read before still counts. SIGTERM ends the agent, but not what it has started: commands
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
  "allow-http": { type: "boolean" },
  version: { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;
