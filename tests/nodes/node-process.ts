/** A node of a fleet runs as a process of its own, on the database that it shares with the others. */

import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ended, removeWithProcesses } from "@neverstale/base/test-processes";

const CLI = fileURLToPath(new URL("../../apps/fleet/cli", import.meta.url));

export const PASSWORD = "a password for tests only";

export interface Readiness {
  readonly status: string | number;
  readonly role: "follower" | "writer" | "reloading";
  readonly term: string;
  readonly lag: number;
  readonly confirmationAge: number;
}

export class NodeProcess {
  readonly directory = mkdtempSync(join(tmpdir(), "neverstale-node-"));
  readonly #storeUrl: string;
  readonly #flags: readonly string[];
  #child: ChildProcess | null = null;
  #port = 0;
  log = "";
  printed = "";

  constructor(storeUrl: string, flags: readonly string[] = []) {
    this.#storeUrl = storeUrl;
    this.#flags = flags;
  }

  get address(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get runs(): boolean {
    return this.#child !== null && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** The agent of this machine, which the node starts, may run these ops. */
  allowOps(ops: object): void {
    const directory = join(this.directory, "data", "agent");
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    writeFileSync(join(directory, "agent.yaml"), JSON.stringify({ ops }), { mode: 0o600 });
  }

  /** It resolves once the node listens. Another start takes the port that it had before. */
  async start(given: Readonly<Record<string, string>> = {}): Promise<void> {
    const flags = ["--port", String(this.#port), "--data-dir", join(this.directory, "data"), ...this.#flags];
    const env = { ...process.env, ...given, NEVERSTALE_ADMIN_PASSWORD: PASSWORD, NEVERSTALE_STORE: this.#storeUrl };
    const child = spawn(process.execPath, ["--conditions=source", join(CLI, "src/main.ts"), "serve", ...flags], {
      ...{ env, cwd: CLI },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child = child;
    this.printed = "";
    child.stderr.on("data", (part: Buffer) => {
      this.log = (this.log + part.toString()).slice(-100_000);
    });
    await new Promise<void>((resolve, reject) => {
      child.once("exit", (code, signal) =>
        reject(new Error(`the node ended (${code ?? signal}): ${this.printed}${this.log}`)),
      );
      child.stdout.on("data", (part: Buffer) => {
        this.printed += part.toString();
        const port = /listening on http:\S+:(\d+)/.exec(this.printed)?.[1];
        if (port === undefined) return;
        this.#port = Number(port);
        resolve();
      });
    });
  }

  signal(name: NodeJS.Signals): void {
    this.#child?.kill(name);
  }

  /** It resolves with how the process ended. */
  async end(name: NodeJS.Signals): Promise<number | string | null> {
    return await ended(this.#child, name);
  }

  async readiness(): Promise<Readiness & { readonly http: number }> {
    const answer = await fetch(`${this.address}/readyz`, { signal: AbortSignal.timeout(5_000) });
    return { ...((await answer.json()) as Readiness), http: answer.status };
  }

  /** It returns the value of each metric that has no labels. */
  async metrics(): Promise<ReadonlyMap<string, number>> {
    const text = await (await fetch(`${this.address}/metrics`)).text();
    return new Map([...text.matchAll(/^(\w+) (\S+)$/gm)].map(([, name = "", value]) => [name, Number(value)]));
  }

  async dispose(): Promise<void> {
    await this.end("SIGKILL");
    await removeWithProcesses(this.directory);
  }
}
