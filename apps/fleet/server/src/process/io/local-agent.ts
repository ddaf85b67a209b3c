/** The agent of this machine runs as a process of its own. */

import { type ChildProcess, spawn } from "node:child_process";
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import type { Log } from "../../fleet/log.ts";

/**
 * The process lives on when the server is killed: it is detached and writes its log to a file. The agent is started again when it dies.
 * An agent that runs already is left alone.
 */
export class LocalAgent {
  readonly #options: LocalAgentOptions;
  #child: ChildProcess | null = null;
  #timer: NodeJS.Timeout | null = null;
  #delayMs = FIRST_DELAY_MS;
  #stopped = false;
  #foundBefore = false;

  constructor(options: LocalAgentOptions) {
    this.#options = options;
    mkdirSync(options.dataDir, { recursive: true, mode: 0o700 });
    rmSync(this.#tokenFile, { force: true }); // A removed host must not find a way back by itself.
    if (options.enrollToken !== null) writeFileSync(this.#tokenFile, options.enrollToken, { mode: 0o600 });
    // The agent of an earlier server that listened elsewhere would look for it there for ever.
    for (const { pid, server } of agentsOn(options.dataDir)) if (server !== options.address) end(pid);
    this.#start();
  }

  get #tokenFile(): string {
    return join(this.#options.dataDir, "enroll-token");
  }

  #start(): void {
    const { address, certificate, dataDir, node = process.execPath } = this.#options;
    const startedMs = performance.now();
    const output = openLog(join(dataDir, "agent.log"));
    const args = [
      ...agentCommand(),
      "--server",
      address,
      "--data-dir",
      dataDir,
      "--enroll-token-file",
      this.#tokenFile,
      ...(certificate === null ? [] : ["--certificate", certificate]),
    ];
    try {
      const env = withoutSecrets(process.env);
      const child = spawn(node, args, { detached: true, stdio: ["ignore", output, output], env });
      child.unref();
      child.once("error", (error) => child.pid === undefined && this.#notStarted(error));
      child.once("exit", (code, signal) => this.#ended(code, signal, performance.now() - startedMs));
      this.#child = child;
    } catch (error) {
      this.#notStarted(error);
    } finally {
      closeSync(output);
    }
  }

  /** Some errors are thrown, and some are told later: a program that is being replaced, too many processes. */
  #notStarted(error: unknown): void {
    this.#child = null;
    if (this.#stopped) return;
    this.#delayMs = Math.min(this.#delayMs * 2, MAX_DELAY_MS);
    this.#options.log.error({ err: error, againInMs: this.#delayMs }, "the local agent could not be started");
    this.#startLater();
  }

  #startLater(): void {
    this.#timer = setTimeout(() => this.#start(), this.#delayMs);
    this.#timer.unref();
  }

  #ended(code: number | null, signal: string | null, ranMs: number): void {
    this.#child = null;
    if (this.#stopped) return;
    const { log } = this.#options;
    if (code === REVOKED)
      return log.warn(`the local agent is not accepted any more: ${removedHint(this.#options.dataDir)}`);
    this.#delayMs = ranMs > SETTLED_MS ? FIRST_DELAY_MS : Math.min(this.#delayMs * 2, MAX_DELAY_MS);
    if (code === ALREADY_RUNNING) {
      log.info("a local agent runs already");
      this.#delayMs = this.#foundBefore ? MAX_DELAY_MS : FIRST_DELAY_MS; // That agent may be ending.
      this.#foundBefore = true;
    } else
      log.warn(
        { code, signal, againInMs: this.#delayMs },
        "the local agent ended; its log is agent.log in its data directory",
      );
    this.#startLater();
  }

  /** It ends the agent. What that runs goes on, and is taken up again at the next start. */
  stop(): void {
    this.#stopped = true;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#child?.kill("SIGTERM");
    for (const { pid } of agentsOn(this.#options.dataDir)) if (pid !== this.#child?.pid) end(pid);
  }
}

/** The agent exits with this when another process of it works on its data directory. */
const ALREADY_RUNNING = 3;
/** It exits with this when neither credential nor token is accepted, for example because its host was removed. */
const REVOKED = 4;
const MAX_LOG_BYTES = 10 * 1024 * 1024;
const FIRST_DELAY_MS = 500;
const MAX_DELAY_MS = 30_000;
/** An agent that ran for so long died of something new. */
const SETTLED_MS = 60_000;

export interface LocalAgentOptions {
  readonly address: string;
  /** The server shows the certificate of this file, whose names need not be those of this machine. Null means plain HTTP. */
  readonly certificate: string | null;
  /** This is the agent's own data directory. */
  readonly dataDir: string;
  /** It may enrol with this token. Null means that it has enrolled. */
  readonly enrollToken: string | null;
  readonly log: Log;
  /** The agent runs under this Node.js; by default under the server's own. */
  readonly node?: string;
}

/** Some of the server's settings are secrets, so the agent is given its own settings alone. */
function withoutSecrets(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const isOthers = (name: string) => /^NEVERSTALE_(?!AGENT_|CA$)/i.test(name);
  return Object.fromEntries(Object.entries(env).filter(([name]) => !isOthers(name)));
}

/** It says what to do about an agent whose host was removed. */
export function removedHint(dataDir: string): string {
  return `this machine's host was removed. To have it back as a new host, delete ${join(dataDir, CREDENTIAL_FILE)} and start the server again.`;
}

/** The agent runs from its sources, or from what was built of them, as this file itself does. */
function agentCommand(): string[] {
  const isSource = import.meta.url.endsWith(".ts");
  const main = fileURLToPath(
    new URL(isSource ? "../../../../agent/src/main.ts" : "../../../../agent/dist/main.js", import.meta.url),
  );
  if (!existsSync(main)) throw new Error(`the agent's program is not there: ${main}`);
  return isSource ? ["--conditions=source", main] : [main];
}

/**
 * It returns the agents of this data directory with the server that they work for, also one that an earlier server started. There are
 * none where the system doesn't say. Their whole command line counts, because others may name the directory too.
 */
function agentsOn(dataDir: string): { readonly pid: number; readonly server: string | undefined }[] {
  const [program = ""] = agentCommand().slice(-1);
  const pids = existsSync("/proc") ? readdirSync("/proc").map(Number).filter(Number.isInteger) : [];
  return pids.flatMap((pid) => {
    const args = argumentsOf(pid);
    const flag = (name: string) => args[args.indexOf(name) + 1];
    const isAgent = args.includes(program) && args.includes("--data-dir") && flag("--data-dir") === dataDir;
    return isAgent ? [{ pid, server: flag("--server") }] : [];
  });
}

function end(pid: number): void {
  try {
    process.kill(pid, "SIGTERM");
  } catch {
    // It has ended meanwhile.
  }
}

function argumentsOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  } catch {
    return []; // It has ended meanwhile.
  }
}

const CREDENTIAL_FILE = "credential.json";
const StoredCredential = z.object({ credential: z.string() });

/** It returns the credential that an agent keeps in its data directory, or null where there is none. */
export function credentialIn(dataDir: string): string | null {
  try {
    return StoredCredential.parse(JSON.parse(readFileSync(join(dataDir, CREDENTIAL_FILE), "utf8"))).credential;
  } catch {
    return null; // The credential is not there, or can't be read. So the agent enrols again.
  }
}

function openLog(path: string): number {
  if (existsSync(path) && statSync(path).size > MAX_LOG_BYTES) truncateSync(path);
  return openSync(path, "a", 0o600);
}
