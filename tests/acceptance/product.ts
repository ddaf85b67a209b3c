/** The product is run as its users run it: one command, one data directory, an agent for this machine. */

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { ended, removeWithProcesses } from "@neverstale/base/test-processes";
import { nodeEnvironment, type WebSocketClass } from "@neverstale/client";
import { cookieEnvironment, FleetSession, StateSync } from "@neverstale/fleet-client";
import { WebSocket } from "ws";

const SERVE = fileURLToPath(new URL("../../apps/fleet/cli/src/main.ts", import.meta.url));
const PASSWORD = "a password for tests only";

export class Product {
  readonly directory = mkdtempSync(join(tmpdir(), "neverstale-product-"));
  address = "";
  #process: ChildProcess | null = null;
  #cookie = "";

  async start(...flags: string[]): Promise<void> {
    const port = this.address === "" ? "0" : new URL(this.address).port;
    const args = [
      "--conditions=source",
      SERVE,
      "serve",
      "--port",
      port,
      "--data-dir",
      join(this.directory, "data"),
      ...flags,
    ];
    const env = { ...process.env, NEVERSTALE_ADMIN_PASSWORD: PASSWORD };
    const started = spawn(process.execPath, args, { env, stdio: ["ignore", "pipe", "ignore"] });
    this.#process = started;
    for await (const line of createInterface({ input: started.stdout })) {
      const listening = /^listening on (http:\S+)$/.exec(line)?.[1];
      if (listening === undefined) continue;
      this.address = listening;
      return this.#signIn();
    }
    throw new Error("the server ended before it listened");
  }

  async #signIn(): Promise<void> {
    const { io, headers } = cookieEnvironment({ origin: this.address, WebSocket });
    await new FleetSession({ server: this.address, io }).signIn({ username: "admin", password: PASSWORD });
    this.#cookie = headers.cookie ?? "";
  }

  get headers(): Record<string, string> {
    return { Cookie: this.#cookie, Origin: this.address };
  }

  async get<T>(path: string): Promise<T> {
    return (await (await fetch(this.address + path, { headers: this.headers })).json()) as T;
  }

  post(path: string, body: object, headers: Record<string, string> = {}): Promise<Response> {
    const all = { ...this.headers, "Content-Type": "application/json", ...headers };
    return fetch(this.address + path, { method: "POST", headers: all, body: JSON.stringify(body) });
  }

  /** Returns a signed-in replica, as a dashboard has it. */
  follow(webSocket: WebSocketClass = WebSocket): StateSync {
    return new StateSync({
      server: this.address,
      io: nodeEnvironment({ WebSocket: webSocket, headers: this.headers }),
    });
  }

  /** Collects the raw frames of a plain connection. */
  plain(): WebSocket {
    return new WebSocket(`${this.address.replace("http", "ws")}/sync`, { headers: this.headers });
  }

  async stop(signal: NodeJS.Signals): Promise<void> {
    const running = this.#process;
    this.#process = null;
    await ended(running, signal);
  }

  async remove(): Promise<void> {
    await this.stop("SIGTERM");
    await removeWithProcesses(this.directory);
  }
}

/** Makes a network that unzips messages, alters what `meddle` alters, and swallows what it returns null for. */
export function meddling(meddle: (text: string) => string | null): WebSocketClass {
  return class extends WebSocket {
    constructor(url: string, protocols: string[], options: object) {
      super(url, protocols, options);
    }

    override emit(event: string | symbol, ...args: unknown[]): boolean {
      const [data, isBinary] = args;
      if (event !== "message") return super.emit(event, ...args);
      const text = meddle(isBinary === true ? gunzipSync(data as Buffer).toString() : String(data));
      return text === null ? true : super.emit(event, Buffer.from(text), false);
    }
  };
}
