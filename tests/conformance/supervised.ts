/** A supervised server is one of the servers here as they run in earnest: it is started again when it has died. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { ended } from "@neverstale/base/test-processes";

/** The control of the server passes changes on, and restarts the server by `kill -9`. */
export class Supervised {
  readonly #script: string;
  readonly #database: string;
  readonly #beaconMs: number;
  readonly #control: Server;
  #process: ChildProcess | null = null;
  #ports: readonly [sync: number, control: number] = [0, 0];
  #closing = false;
  /** This counts how often it died by itself. */
  deaths = 0;

  private constructor(script: string, database: string, beaconMs: number) {
    this.#script = script;
    this.#database = database;
    this.#beaconMs = beaconMs;
    this.#control = createServer((request, response) => {
      this.#answer(request, response).catch((error) => response.writeHead(500).end(String(error)));
    });
    // A connection that is closed in the moment in which it is used again would be taken for a failure.
    this.#control.keepAliveTimeout = 0;
  }

  /** `script` is engine-server.ts or naive-server.ts. */
  static async start(script: string, database: string, beaconMs: number): Promise<Supervised> {
    const supervised = new Supervised(fileURLToPath(new URL(script, import.meta.url)), database, beaconMs);
    await supervised.#start();
    await once(supervised.#control.listen(0, "127.0.0.1"), "listening");
    return supervised;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.#ports[0]}/sync`;
  }

  get controlUrl(): string {
    return `http://127.0.0.1:${(this.#control.address() as AddressInfo).port}`;
  }

  async #start(): Promise<void> {
    const args = ["--conditions=source", this.#script, this.#database, ...this.#ports.map(String)];
    const started = spawn(process.execPath, [...args, String(this.#beaconMs)], { stdio: ["ignore", "pipe", "ignore"] });
    this.#process = started;
    started.once("exit", () => this.#ended(started));
    for await (const line of createInterface({ input: started.stdout })) {
      this.#ports = JSON.parse(line) as [number, number];
      return;
    }
    throw new Error(`${this.#script} ended before it listened`);
  }

  #ended(process: ChildProcess): void {
    if (this.#closing || this.#process !== process) return;
    this.deaths += 1;
    this.#start().catch((error) => console.error(error));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = (await request.toArray()).join("");
    if (request.url === "/changes") {
      const answer = await fetch(`http://127.0.0.1:${this.#ports[1]}/`, { method: "POST", body });
      response.writeHead(answer.status).end();
    } else if (request.url === "/takeover" && this.#script.endsWith("engine-server.ts")) {
      const answer = await fetch(`http://127.0.0.1:${this.#ports[1]}/takeover`, { method: "POST" });
      response.writeHead(answer.status).end();
    } else if (request.url === "/restart" && this.#database !== "memory") {
      await this.#kill();
      await this.#start();
      response.writeHead(204).end();
    } else response.writeHead(404).end();
  }

  async #kill(): Promise<void> {
    const killed = this.#process;
    this.#process = null;
    await ended(killed);
  }

  async close(): Promise<void> {
    this.#closing = true;
    await this.#kill();
    this.#control.close();
    this.#control.closeAllConnections();
  }
}
