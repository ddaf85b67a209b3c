/** A fleet process is the real server with the real agent, in processes of their own that tests can kill. */

import { type ChildProcess, spawn } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ended, removeWithProcesses, runs } from "@neverstale/base/test-processes";
import { EnrollAnswer, EnrollmentTokenAnswer, StateAnswer } from "@neverstale/fleet-domain";
import { CommandLineSession } from "./session/io/session.ts";

const PASSWORD = "a password for tests only";
const HERE = fileURLToPath(new URL(".", import.meta.url));
const CLI = join(HERE, "../bin/neverstale.mjs");
const SERVE = `import { runFleet } from "@neverstale/fleet-server";
const [port, dataDir, options] = process.argv.slice(1);
const adminPassword = process.env.NEVERSTALE_ADMIN_PASSWORD;
await runFleet({ port: Number(port), dataDir, beaconMs: 1000, adminPassword, ...JSON.parse(options) });`;

const SHOUT = "console.log('hello ' + process.argv[1]); process.exitCode = process.argv[1] === 'nobody' ? 3 : 0";

/** With this agent.yaml a host allows the op `shout`, which greets somebody by name. It fails when the name is `nobody`. */
export const SHOUT_YAML = JSON.stringify({
  ops: {
    shout: {
      argv: [process.execPath, "-e", SHOUT, "--", "{name}"],
      args: { name: { type: "text", maxLength: 20, pattern: "[a-z]*" } },
    },
  },
});

export interface CommandRecord {
  readonly id: string;
  readonly status: string;
  readonly reason?: string;
  readonly exitCode?: number;
  readonly outputBytes: number;
}

export interface CliEnd {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

export interface StartedCli {
  readonly child: ChildProcess;
  /** It grows as the command prints. */
  readonly text: { readonly out: string; readonly err: string };
  readonly end: Promise<CliEnd>;
}

/** The server has an agent of this machine, and both work in a directory of their own. */
export class FleetProcess {
  readonly directory = fs.mkdtempSync(join(tmpdir(), "neverstale-fleet-"));
  address = "";
  #server: ChildProcess | null = null;
  #session: CommandLineSession | null = null;
  readonly #passwordFile = join(this.directory, "password");

  /** These are further options of the server, from its next start on. */
  options: object = {};

  /** `agentYaml` says what the host allows. */
  constructor(agentYaml: string) {
    fs.mkdirSync(this.agentDir, { recursive: true, mode: 0o700 });
    fs.writeFileSync(join(this.agentDir, "agent.yaml"), agentYaml);
    fs.writeFileSync(this.#passwordFile, PASSWORD, { mode: 0o600 });
  }

  get dataDir(): string {
    return join(this.directory, "data");
  }

  get agentDir(): string {
    return join(this.dataDir, "agent");
  }

  /** This holds the agent's journal and spool, of the one host that it is enrolled as. */
  get hostDir(): string {
    const name = fs.readdirSync(this.agentDir).find((entry) => entry.startsWith("host-"));
    return join(this.agentDir, name ?? "host-none");
  }

  /** Starts the server at the address that it had before, if it had one. */
  async start(): Promise<void> {
    const port = this.address === "" ? "0" : new URL(this.address).port;
    const args = [
      "--conditions=source",
      "--input-type=module",
      "-e",
      SERVE,
      port,
      this.dataDir,
      JSON.stringify(this.options),
    ];
    const log = fs.openSync(join(this.directory, "server.log"), "a");
    const env = { ...process.env, NEVERSTALE_ADMIN_PASSWORD: PASSWORD };
    const server = spawn(process.execPath, args, { cwd: join(HERE, ".."), env, stdio: ["ignore", "pipe", log] });
    fs.closeSync(log);
    this.#server = server;
    let printed = "";
    server.stdout?.on("data", (part: Buffer) => {
      printed += part.toString();
    });
    await eventually(() => printed.includes("listening on ") || server.exitCode !== null);
    this.address = /listening on (\S+)/.exec(printed)?.[1] ?? "";
    if (this.address === "")
      throw new Error(`the server did not start: ${fs.readFileSync(join(this.directory, "server.log"), "utf8")}`);
  }

  get serverPid(): number {
    if (this.#server?.pid === undefined) throw new Error("the server does not run");
    return this.#server.pid;
  }

  async killServer(): Promise<void> {
    await ended(this.#server);
    this.#server = null;
  }

  /** Returns the process id of the agent that works now, by its own log. Null means that none does. */
  agentPid(): number | null {
    const lines = readText(join(this.agentDir, "agent.log")).split("\n");
    const last = lines.findLast((line) => line.includes('"msg":"working"'));
    const pid: unknown = last === undefined ? null : JSON.parse(last).pid;
    return typeof pid === "number" && runs(pid) ? pid : null;
  }

  killAgent(): void {
    const pid = this.agentPid();
    if (pid === null) throw new Error("there is no agent to kill");
    process.kill(pid, "SIGKILL");
  }

  async session(): Promise<CommandLineSession> {
    this.#session ??= await CommandLineSession.signIn({
      url: this.address,
      user: "admin",
      passwordFile: this.#passwordFile,
    });
    return this.#session;
  }

  async hostId(): Promise<string> {
    let id = "";
    await eventually(async () => {
      const host = (await this.state()).hosts?.find((one) => one.online === true);
      id = host?.id ?? "";
      return id !== "" && Array.isArray(host?.ops) && host.ops.length > 0;
    });
    return id;
  }

  async state(): Promise<StateAnswer["state"]> {
    return StateAnswer.parse(await (await this.session()).getJson("/api/state")).state;
  }

  async dispatch(op: string, args: Record<string, string | number> = {}): Promise<string> {
    const hosts = [await this.hostId()];
    const sync = (await this.session()).follow({ autoStart: false });
    const { commands } = await sync.dispatchOp(op, hosts, { args });
    return commands[0]?.id ?? "";
  }

  /** Enrols hosts without an agent, which block whatever is dispatched to them. Returns their ids. */
  async enrollIdle(count: number): Promise<string[]> {
    const session = await this.session();
    const ids: string[] = [];
    for (let index = 0; index < count; index += 1) {
      const { token } = EnrollmentTokenAnswer.parse(await session.postJson("/api/enrollment-tokens", {}));
      const facts = { hostname: `idle-${index}`, os: "Linux", arch: "x64", agentVersion: "1.0.0" };
      const body = JSON.stringify({ token, nonce: `a nonce of idle-${index} with some length`, ...facts });
      const headers = { "content-type": "application/json" };
      const answer = await fetch(`${this.address}/agent/enroll`, { method: "POST", headers, body });
      ids.push(EnrollAnswer.parse(await answer.json()).hostId);
    }
    return ids;
  }

  async cancel(commandId: string): Promise<void> {
    const sync = (await this.session()).follow({ autoStart: false });
    await sync.cancelCommand(commandId);
  }

  async command(id: string): Promise<CommandRecord> {
    const found = (await this.state()).commands?.find((command) => command.id === id);
    if (found === undefined) throw new Error(`there is no command ${id}`);
    return found as unknown as CommandRecord;
  }

  /** Returns all that the command wrote, as the server has it. */
  async output(commandId: string): Promise<string> {
    return await (await this.session()).getText(`/api/commands/${commandId}/output?format=plain`);
  }

  /** Waits until the command has ended, and returns it. */
  async end(commandId: string): Promise<CommandRecord> {
    let command = await this.command(commandId);
    await eventually(async () => {
      command = await this.command(commandId);
      return command.status !== "pending" && command.status !== "running";
    });
    return command;
  }

  /** Runs `neverstale ...` against this server. */
  cli(...args: readonly string[]): Promise<CliEnd> {
    // The next look signs in anew: a restored state doesn't know the session.
    if (args[0] === "restore") this.#session = null;
    return this.#run(process.execPath, [CLI, ...args], null);
  }

  /** Runs a line that people copy into a shell. */
  shell(line: string): Promise<CliEnd> {
    return this.#run("sh", ["-c", line], null);
  }

  /** Runs `neverstale ...`, and interrupts it as by Ctrl-C once it has printed that. */
  cliUntil(args: readonly string[], printed: RegExp): Promise<CliEnd> {
    return this.#run(process.execPath, [CLI, ...args], printed);
  }

  /** Runs `neverstale ...` on a terminal of 80 columns and 24 lines, and types Ctrl-C once it has shown that. */
  async onTerminal(args: readonly string[], shown: RegExp): Promise<CliEnd> {
    const line = `stty cols 80 rows 24; exec ${[process.execPath, CLI, ...args].join(" ")}`;
    const child = spawn("script", ["-qefc", line, "/dev/null"], { env: { ...this.#env, TERM: "xterm" } });
    let out = "";
    let typed = false;
    child.stdout.on("data", (part: Buffer) => {
      out += part.toString();
      if (typed || !shown.test(out)) return;
      typed = true;
      child.stdin.write("\u0003");
    });
    const status = await new Promise<number | null>((resolve) => child.on("close", resolve));
    return { status, out, err: "" };
  }

  get #env(): NodeJS.ProcessEnv {
    return {
      ...process.env,
      NEVERSTALE_URL: this.address,
      NEVERSTALE_PASSWORD: PASSWORD,
      NEVERSTALE_DATA_DIR: this.dataDir,
    };
  }

  /** Starts `neverstale ...`, which goes on while the test does other things. */
  cliStarted(...args: readonly string[]): StartedCli {
    return this.#start(process.execPath, [CLI, ...args]);
  }

  async #run(program: string, args: readonly string[], interruptAt: RegExp | null): Promise<CliEnd> {
    const { child, text, end } = this.#start(program, args);
    let interrupted = false; // Only one Ctrl-C is sent: a second one ends it where it stands.
    child.stdout?.on("data", () => {
      if (interrupted || interruptAt?.test(text.out) !== true) return;
      interrupted = true;
      child.kill("SIGINT");
    });
    return await end;
  }

  #start(program: string, args: readonly string[]): StartedCli {
    const child = spawn(program, args, { env: this.#env, stdio: ["ignore", "pipe", "pipe"] });
    const text = { out: "", err: "" };
    child.stdout.setEncoding("utf8").on("data", (part: string) => {
      text.out += part;
    });
    child.stderr.setEncoding("utf8").on("data", (part: string) => {
      text.err += part;
    });
    const end = new Promise<CliEnd>((resolve) => child.on("close", (status) => resolve({ status, ...text })));
    return { child, text, end };
  }

  /** Ends all that it started and removes its directory. An agent that is only just starting is ended, too. */
  async dispose(): Promise<void> {
    await ended(this.#server);
    await removeWithProcesses(this.directory);
  }
}

const PATIENCE_MS = 240_000;

/** Waits until it is so. Throws when that takes longer than anything here should on a busy machine. */
export async function eventually(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  while (!(await isTrue())) {
    if (performance.now() > deadline) throw new Error(`waited in vain: ${isTrue}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export function readText(path: string): string {
  return fs.existsSync(path) ? fs.readFileSync(path, "utf8") : "";
}
