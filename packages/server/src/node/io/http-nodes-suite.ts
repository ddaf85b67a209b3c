/** Nodes of a test share a database in memory and this process, and reach each other over real http. */

import { once } from "node:events";
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { collection, defineModel, patch, put } from "@neverstale/protocol";
import { StateManager } from "../../authority/io/open.ts";
import type { TransactOptions } from "../../authority/transaction.ts";
import { memoryStore } from "../../store/memory.ts";
import { type MemoryDatabase, memoryDatabase } from "../../store/memory-database.ts";
import type { AliveNode } from "../../store/node-table.ts";
import { type HttpNodes, type HttpNodesOptions, httpNodes } from "./http-nodes.ts";

export const model = defineModel({
  model: 1,
  collections: { hosts: collection(null) },
  changes: { host_added: put("hosts"), host_updated: patch("hosts") },
});

export async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** All of them end with `close`. */
export class HttpWorld {
  readonly database: MemoryDatabase = memoryDatabase();
  readonly #ends: (() => Promise<unknown>)[] = [];

  /** With `said` the node gives the others this address, and not its own. */
  async start(options: HttpNodesOptions = {}, said?: string): Promise<HttpTestNode> {
    const node = await HttpTestNode.start(this.database, options, said);
    this.#ends.push(() => node.close());
    return node;
  }

  /** They are linked, and the first one is the writer. */
  async startAll(count: number, options: HttpNodesOptions = {}): Promise<HttpTestNode[]> {
    const nodes: HttpTestNode[] = [];
    while (nodes.length < count) nodes.push(await this.start(options));
    await until(() => nodes.every(({ metrics }) => metrics.node_links_out === count - 1));
    await until(() => nodes.slice(1).every(({ metrics }) => metrics.node_link_up === 1));
    return nodes;
  }

  async listed(): Promise<readonly AliveNode[]> {
    return memoryStore({ database: this.database }).listNodes();
  }

  /** A row in the table whose address leads to something that is no node. */
  async impostor(accept: (socket: Socket) => void): Promise<void> {
    const sockets = new Set<Socket>();
    const server = createTcpServer((socket) => {
      sockets.add(socket);
      socket.on("error", () => {});
      accept(socket);
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const store = memoryStore({ database: this.database });
    await store.read();
    await store.enterNode({ id: "impostor", address, model: 1, token: "its token" });
    const alive = setInterval(() => void store.confirm(), 500);
    this.#ends.push(async () => {
      clearInterval(alive);
      for (const socket of sockets) socket.destroy();
      server.close();
    });
  }

  async close(): Promise<void> {
    await Promise.all(this.#ends.map((end) => end()));
  }
}

/** Its http server carries out `POST /hosts/<id>` and answers with what it saw. */
export class HttpTestNode {
  readonly manager: StateManager<typeof model>;
  readonly nodes: HttpNodes;
  readonly http: Server;
  readonly address: string;
  /** No other node can link to it any more. */
  readonly stopServing: () => void;
  /** Requests that were handled here, as they came. */
  readonly handled: IncomingMessage[] = [];
  readonly #sockets = new Set<Socket>();
  /** It is asked before a request is carried out here. With false the answer never comes. */
  answers: () => Promise<boolean> = async () => true;

  static async start(database: MemoryDatabase, options: HttpNodesOptions, said?: string): Promise<HttpTestNode> {
    const http = createServer();
    await once(http.listen(0, "127.0.0.1"), "listening");
    const address = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
    const nodes = httpNodes(options);
    const stopServing = nodes.serve(http);
    const node = { address: said ?? address, link: nodes.link };
    const manager = await StateManager.open({ model, store: memoryStore({ database }), node });
    return new HttpTestNode(manager, nodes, http, address, stopServing);
  }

  private constructor(
    manager: StateManager<typeof model>,
    nodes: HttpNodes,
    http: Server,
    address: string,
    stopServing: () => void,
  ) {
    this.manager = manager;
    this.nodes = nodes;
    this.http = http;
    this.address = address;
    this.stopServing = stopServing;
    http.on("connection", (socket) => this.#sockets.add(socket));
    http.on("request", (asked: IncomingMessage, response: ServerResponse) => void this.#handle(asked, response));
  }

  get metrics(): Record<string, number> {
    return this.manager.metrics();
  }

  add(target: string, options: TransactOptions = {}) {
    return this.manager.apply({ type: "host_added", target, data: {} }, options);
  }

  has(id: string): boolean {
    return this.manager.state.hosts.has(id);
  }

  async #handle(asked: IncomingMessage, response: ServerResponse): Promise<void> {
    if (await this.nodes.forward(asked, response)) return;
    this.handled.push(asked);
    const body = await text(asked);
    if (!(await this.answers())) return;
    const target = (asked.url ?? "").split("/").pop() ?? "";
    const id = asked.headers["idempotency-key"];
    const key = typeof id === "string" ? { key: { id, bodyHash: body } } : {};
    const applied = await this.manager.apply({ type: "host_added", target, data: {} }, key);
    response.setHeader("Set-Cookie", ["a=1; HttpOnly", "b=2"]);
    response.setHeader("ETag", `"${applied.version}"`);
    response.writeHead(207, "As It Is", { "Content-Type": "application/problem+json" });
    const client = this.nodes.clientAddressOf(asked);
    response.end(JSON.stringify({ body, client, replayed: applied.replayed }));
  }

  post(path: string, options: PostOptions = {}): Promise<Posted> {
    return post(this.address, path, options);
  }

  /** Nobody reaches it any more. It still reaches the database, and the others. */
  cutOff(): void {
    this.http.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    await this.manager.close();
    this.cutOff();
  }
}

export interface PostOptions {
  readonly body?: string;
  readonly headers?: Record<string, string>;
  readonly method?: string;
}

export interface Posted {
  readonly status: number;
  readonly statusMessage: string;
  readonly headers: IncomingMessage["headers"];
  readonly json: Record<string, unknown>;
}

export async function post(address: string, path: string, options: PostOptions = {}): Promise<Posted> {
  const { body = "", headers = {}, method = "POST" } = options;
  const { hostname, port } = new URL(address);
  const sent = request({ host: hostname, port, path, method, headers, agent: false });
  sent.end(body);
  const [answer] = (await once(sent, "response")) as [IncomingMessage];
  const said = await text(answer);
  const { statusCode: status = 0, statusMessage = "" } = answer;
  return { status, statusMessage, headers: answer.headers, json: said === "" ? {} : JSON.parse(said) };
}
