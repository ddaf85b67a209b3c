/** The client under test is a process of its own, which connects to an authority in this process. */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { createInterface } from "node:readline";
import { isJsonObject, type JsonValue } from "@neverstale/protocol";
import { type WebSocket, WebSocketServer } from "ws";
import type { AcceptedConnection, Shown, TestedClient } from "../tested.ts";
import { ArrivalBell } from "./arrival-bell.ts";
import { SocketConnection } from "./socket-connection.ts";

const PATH = "/sync";

class Accepted extends SocketConnection implements AcceptedConnection {
  readonly query: Readonly<Record<string, string>>;
  readonly protocols: readonly string[];

  constructor(webSocket: WebSocket, request: IncomingMessage, bell: ArrivalBell) {
    super(webSocket, request.socket as Socket, bell);
    this.query = Object.fromEntries(new URL(request.url ?? "", "http://localhost").searchParams);
    const offered = request.headers["sec-websocket-protocol"] ?? "";
    this.protocols = offered.split(",").flatMap((name) => name.trim() || []);
  }
}

export class SpawnedClient implements TestedClient {
  readonly accepted: Accepted[] = [];
  readonly shown: Shown[] = [];
  complaint: string | null = null;
  readonly #bell = new ArrivalBell();
  readonly #http: Server;
  readonly #sockets: WebSocketServer;
  #process: ChildProcess | null = null;

  private constructor(http: Server) {
    this.#http = http;
    const handleProtocols = (offered: Set<string>) => [...offered][0] ?? false;
    this.#sockets = new WebSocketServer({ server: http, path: PATH, handleProtocols, perMessageDeflate: false });
    this.#sockets.on("connection", (webSocket, request) => {
      this.accepted.push(new Accepted(webSocket, request, this.#bell));
      this.#bell.ring();
    });
  }

  /** It listens on any free port and starts the command with `NEVERSTALE_URL`. */
  static async start(command: readonly [string, ...string[]]): Promise<SpawnedClient> {
    const http = createServer((_, response) => response.writeHead(404).end()).listen(0, "127.0.0.1");
    await once(http, "listening");
    const client = new SpawnedClient(http);
    client.#spawn(command, `ws://127.0.0.1:${(http.address() as AddressInfo).port}${PATH}`);
    return client;
  }

  #spawn([program, ...args]: readonly [string, ...string[]], url: string): void {
    const env = { ...process.env, NEVERSTALE_URL: url };
    const started = spawn(program, args, { env, stdio: ["ignore", "pipe", "inherit"] });
    this.#process = started;
    started.on("error", (error) => this.#complain(`${program} can't be started: ${error.message}`));
    started.on("exit", (code, signal) => this.#complain(`the client ended with ${signal ?? code}`));
    createInterface({ input: started.stdout }).on("line", (line) => this.#read(line));
  }

  #complain(what: string): void {
    this.complaint ??= what;
    this.#bell.ring();
  }

  #read(line: string): void {
    const shown = parsed(line);
    if (shown === null) this.#complain(`the line ${JSON.stringify(line.slice(0, 200))}, which is no {version, state}`);
    else this.shown.push(shown);
    this.#bell.ring();
  }

  until(holds: () => boolean, withinMs: number): Promise<boolean> {
    return this.#bell.until(holds, withinMs);
  }

  limit(withinMs: number): () => number {
    return this.#bell.limit(withinMs);
  }

  async close(): Promise<void> {
    const child = this.#process;
    child?.removeAllListeners("exit");
    if (child !== null && child.exitCode === null && child.signalCode === null && child.pid !== undefined) {
      child.kill("SIGKILL");
      await once(child, "exit");
    }
    for (const webSocket of this.#sockets.clients) webSocket.terminate();
    this.#http.close();
  }
}

function parsed(line: string): Shown | null {
  let value: JsonValue;
  try {
    value = JSON.parse(line) as JsonValue;
  } catch {
    return null;
  }
  const fits = isJsonObject(value) && typeof value.version === "number" && isJsonObject(value.state as JsonValue);
  return fits ? (value as unknown as Shown) : null;
}
