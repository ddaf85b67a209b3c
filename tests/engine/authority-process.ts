/** The authority runs as a process, which is started, killed, and started again on the same port. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { ended } from "@neverstale/base/test-processes";
import { nodeEnvironment, StateSync } from "@neverstale/client";
import { WebSocket } from "ws";
import type { Facts, State } from "./authority.ts";

const SCRIPT = fileURLToPath(new URL("./authority.ts", import.meta.url));

/** This directory holds the data of one test. */
export class DataDir {
  readonly path = mkdtempSync(join(tmpdir(), "neverstale-"));

  get database(): string {
    return join(this.path, "data", "test.db");
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

export class AuthorityProcess {
  readonly #database: string;
  readonly #beaconMs: number;
  readonly #script: string;
  /** This command runs the process in its own way: strace, a shell with limits. It must not fork. */
  wrapper: readonly string[] = [];
  env: NodeJS.ProcessEnv = process.env;
  port = 0;
  #process: ChildProcess | null = null;

  /** `script` is what runs. It must say so when it listens, as `authority.ts` does. */
  constructor(database: string, beaconMs = 30_000, script?: URL) {
    this.#database = database;
    this.#beaconMs = beaconMs;
    this.#script = script === undefined ? SCRIPT : fileURLToPath(script);
  }

  async start(): Promise<void> {
    // The runtime would choose the size of the young generation by load. It is fixed, so that the engine is what is measured.
    const args = [
      "--max-semi-space-size=8",
      "--conditions=source",
      this.#script,
      this.#database,
      String(this.port),
      String(this.#beaconMs),
    ];
    const [program, ...words] = [...this.wrapper, process.execPath, ...args] as [string, ...string[]];
    const started = spawn(program, words, { env: this.env, stdio: ["ignore", "pipe", "inherit"] });
    this.#process = started;
    const endWithUs = () => void started.kill("SIGKILL");
    process.once("exit", endWithUs);
    started.once("exit", () => process.off("exit", endWithUs));
    for await (const line of createInterface({ input: started.stdout })) {
      const match = /^listening on (\d+)$/.exec(line);
      if (match === null) continue;
      this.port = Number(match[1]);
      return;
    }
    throw new Error("the authority ended before it listened");
  }

  /** Sends a signal and doesn't wait: SIGSTOP, SIGCONT. */
  signal(signal: NodeJS.Signals): void {
    this.#process?.kill(signal);
  }

  /** Resolves with the exit code once the process has ended by itself. Null means that a signal ended it. */
  async ended(): Promise<number | null> {
    const child = this.#process;
    if (child === null) return null;
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    this.#process = null;
    return child.exitCode;
  }

  async kill(signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
    const killed = this.#process;
    this.#process = null;
    await ended(killed, signal);
  }

  url(path: string): string {
    return `http://127.0.0.1:${this.port}${path}`;
  }

  async get<T>(path: string): Promise<T> {
    return (await (await fetch(this.url(path))).json()) as T;
  }

  facts(): Promise<Facts> {
    return this.get<Facts>("/facts");
  }

  async apply(type: string, target: string, data: object): Promise<{ epoch: string; version: number }> {
    const body = JSON.stringify({ type, target, data });
    return (await (await fetch(this.url("/apply"), { method: "POST", body })).json()) as {
      epoch: string;
      version: number;
    };
  }

  follow(): StateSync<State> {
    return new StateSync<State>({ url: `ws://127.0.0.1:${this.port}/sync`, io: nodeEnvironment({ WebSocket }) });
  }
}

/** Waits until something holds. Fails with what did not hold when it takes longer than `ms`. */
export async function until(what: string, holds: () => boolean | Promise<boolean>, ms = 240_000): Promise<void> {
  const giveUpAt = performance.now() + ms;
  while (!(await holds())) {
    if (performance.now() > giveUpAt) throw new Error(`not within ${ms} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
