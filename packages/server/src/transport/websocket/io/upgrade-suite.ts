import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";
import { collection, defineModel, put } from "@neverstale/protocol";
import { WebSocket } from "ws";
import { StateManager } from "../../../authority/io/open.ts";
import type { Limits } from "../../../limits/limits.ts";
import { memoryStore } from "../../../store/memory.ts";
import { type ServeSyncOptions, type SyncEndpoint, serveSync } from "./serve-sync.ts";

const model = defineModel({
  model: 1,
  collections: { hosts: collection(null) },
  changes: { host_added: put("hosts") },
});

export const V1 = "neverstale.v1";

/** Waits for what comes by itself. */
export async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** What came of a handshake: the http status; 101 and then what was said, until it was closed or the first message came. */
export interface Outcome {
  readonly status: number;
  readonly problem?: Record<string, unknown>;
  readonly retryAfter?: string;
  readonly closeCode?: number;
  readonly messages: readonly Record<string, unknown>[];
}

/** An http server with endpoints on it, and those who knock at it. */
export class Served {
  readonly http: Server;
  readonly manager: StateManager<typeof model>;
  readonly #endpoints: SyncEndpoint[] = [];
  readonly #sockets: WebSocket[] = [];

  private constructor(manager: StateManager<typeof model>) {
    this.manager = manager;
    this.http = createServer((_, response) => response.writeHead(404).end());
  }

  static async start(
    options: Omit<ServeSyncOptions, "manager"> = {},
    limits: Partial<Limits> = {},
    host = "127.0.0.1",
  ): Promise<Served> {
    const served = new Served(await StateManager.open({ model, store: memoryStore(), limits }));
    served.serve(options);
    await new Promise<void>((resolve) => served.http.listen(0, host, resolve));
    return served;
  }

  serve(options: Omit<ServeSyncOptions, "manager"> = {}): SyncEndpoint {
    const endpoint = serveSync(this.http, { manager: this.manager, ...options });
    this.#endpoints.push(endpoint);
    return endpoint;
  }

  get endpoint(): SyncEndpoint {
    return this.#endpoints[0] as SyncEndpoint;
  }

  get port(): number {
    return (this.http.address() as AddressInfo).port;
  }

  /** Of a page that this server itself has served. */
  get ownOrigin(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  socket(headers: Record<string, string> = {}, protocols: string[] = [V1], path = "/sync"): WebSocket {
    const socket = new WebSocket(`ws://127.0.0.1:${this.port}${path}`, protocols, { headers });
    this.#sockets.push(socket);
    socket.on("error", () => {});
    return socket;
  }

  knock(headers: Record<string, string> = {}, protocols: string[] = [V1], path = "/sync"): Promise<Outcome> {
    const socket = this.socket(headers, protocols, path);
    const messages: Record<string, unknown>[] = [];
    return new Promise((resolve) => {
      socket.once("message", (data) => {
        messages.push(JSON.parse(String(data)) as Record<string, unknown>);
        resolve({ status: 101, messages });
      });
      socket.once("close", (closeCode) => resolve({ status: 101, closeCode, messages }));
      socket.once("unexpected-response", async (_, response) => {
        const retryAfter = response.headers["retry-after"];
        const problem = (await json(response)) as Record<string, unknown>;
        const status = response.statusCode ?? 0;
        resolve({ status, problem, messages, ...(retryAfter === undefined ? {} : { retryAfter }) });
      });
    });
  }

  async end(): Promise<void> {
    for (const socket of this.#sockets) socket.terminate();
    await Promise.all(this.#endpoints.map((endpoint) => endpoint.close()));
    await this.manager.close();
    this.http.closeAllConnections();
    await new Promise((resolve) => this.http.close(resolve));
  }
}
