/** A serve process is `serve` in a process of its own, started in the ways that people and supervisors start it. */

import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ended, removeWithProcesses } from "@neverstale/base/test-processes";
import { eventually } from "../fleet-process-suite.ts";

const WORKSPACE = fileURLToPath(new URL("../../../../..", import.meta.url));
const MAIN = fileURLToPath(new URL("../main.ts", import.meta.url));

export interface ServeSettings extends SpawnOptions {
  /** Without it, node runs the sources. */
  readonly command?: readonly string[];
  readonly flags?: readonly string[];
  readonly variables?: Readonly<Record<string, string>>;
}

export class ServeProcess {
  readonly child: ChildProcess;
  readonly startedMs = performance.now();
  out = "";
  err = "";
  /** This says after how many ms it ended, and how: with a status or by a signal. */
  ended: { readonly afterMs: number; readonly status: number | string } | null = null;

  constructor({
    command = [process.execPath, "--conditions=source", MAIN, "serve"],
    flags = [],
    variables = {},
    ...spawned
  }: ServeSettings) {
    const [program = "", ...args] = command;
    const env = { ...withoutScript(process.env), ...variables };
    this.child = spawn(program, [...args, ...flags], {
      cwd: WORKSPACE,
      env,
      stdio: ["ignore", "pipe", "pipe"],
      ...spawned,
    });
    this.child.stdout?.on("data", (part: Buffer) => {
      this.out += part.toString();
    });
    this.child.stderr?.on("data", (part: Buffer) => {
      this.err += part.toString();
    });
    this.child.once("exit", (code, signal) => {
      this.ended = { afterMs: performance.now() - this.startedMs, status: code ?? signal ?? "unknown" };
    });
  }

  get address(): string {
    return /listening on (\S+)/.exec(this.out)?.[1] ?? "";
  }

  /** Waits until it listens. Throws when it ends instead. */
  async listening(): Promise<string> {
    await eventually(() => this.address !== "" || this.ended !== null);
    if (this.address === "") throw new Error(`it did not start: ${this.out}${this.err}`);
    return this.address;
  }

  async end(): Promise<number | string> {
    await eventually(() => this.ended !== null);
    return this.ended?.status ?? "unknown";
  }
}

/** Makes the environment what it is when no script of npm has started these tests. */
export function withoutScript(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^(npm_|NEVERSTALE_)/i.test(name)));
}

/** Resolves with true when anything answers there. */
export async function answers(address: string): Promise<boolean> {
  return await fetch(`${address}/healthz`, { signal: AbortSignal.timeout(2_000) }).then(
    (answer) => answer.ok,
    () => false,
  );
}

/** Holds the directories and processes of one test file, and removes them at its end. */
export class Serving {
  readonly #directories: string[] = [];
  readonly #started: ServeProcess[] = [];

  directory(): string {
    const path = mkdtempSync(join(tmpdir(), "neverstale-serve-"));
    this.#directories.push(path);
    return path;
  }

  start(settings: ServeSettings): ServeProcess {
    const started = new ServeProcess(settings);
    this.#started.push(started);
    return started;
  }

  /** Starts one on a directory and a port of its own, without an agent. */
  serve(settings: ServeSettings = {}): ServeProcess {
    return this.start({ ...settings, flags: [...this.own(), ...(settings.flags ?? [])] });
  }

  /** These flags give a server a directory and a port of its own, and no agent. */
  own(): string[] {
    return ["--port", "0", "--no-local-agent", "--data-dir", this.directory()];
  }

  /** A server may outlive the npm or the shell that was started here. */
  async dispose(): Promise<void> {
    await Promise.all(this.#started.splice(0).map(({ child }) => ended(child)));
    await Promise.all(this.#directories.splice(0).map(removeWithProcesses));
  }
}
